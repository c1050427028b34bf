/** Below the ports that outgoing connections are given: 32768 and up unless the machine says otherwise. */
const FIRST = 20_000;
const END = 32_768;
const TRIES = 200;

/**
 * Reserves a TCP port of 127.0.0.1 for one program to listen on, as often as it is started, until what is returned is
 * closed: a listener at the same port of 127.0.0.2.
 *
 * A port found by listening on port 0 can be taken before the program has it, by an outgoing connection or by a test
 * at work beside this one.
 *
 * Throws {@linkcode Deno.errors.AddrInUse} where no free one is found.
 */
export function reservePort(): Deno.TcpListener {
  for (let left = TRIES;; left--) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST));
    let held: Deno.TcpListener | undefined;
    try {
      held = Deno.listen({ hostname: "127.0.0.2", port });
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return held;
    } catch (error) {
      held?.close();
      if (left === 0 || !(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
