import { ConnectionError } from "../errors.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";

/**
 * Listens on a TCP port or a Unix socket.
 * @throws {ConnectionError} where the address is taken, or not of this machine.
 */
export function listenOn(at: Endpoint): Deno.Listener {
  try {
    if ("socket" in at) {
      return Deno.listen({ transport: "unix", path: at.socket }) as unknown as Deno.Listener;
    }
    return Deno.listen(at);
  } catch (cause) {
    const taken = cause instanceof Deno.errors.AddrInUse;
    const hint = "socket" in at
      ? "remove the socket if nobody uses it"
      : "choose another port: something listens there";
    throw new ConnectionError(
      `Cannot listen on ${formatEndpoint(at)}: ${(cause as Error).message}`,
      {
        cause,
        ...(taken ? { hint } : {}),
      },
    );
  }
}
