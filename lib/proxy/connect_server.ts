import { pause } from "../pause.ts";

/** Longest wait for a file descriptor, and the pause between two tries. */
const WAIT_MS = 10_000;
const RETRY_MS = 20;

/** The server of a proxy: a TCP port, of loopback where no host is named, or a Unix socket. */
export type ServerAddress = { port: number; hostname?: string } | { socket: string };

function connect(target: ServerAddress): Promise<Deno.TcpConn | Deno.UnixConn> {
  if ("socket" in target) return Deno.connect({ transport: "unix", path: target.socket });
  return Deno.connect({ hostname: target.hostname ?? "127.0.0.1", port: target.port });
}

/** No descriptor is left: to this process (EMFILE), or to the machine (ENFILE). */
function isOutOfFiles(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE";
}

/**
 * Connects to the server of a proxy, unless `signal` says that this is not wanted any more. A client
 * may be accepted with the last file descriptor there is: it waits here for the next one, as the
 * clients that can't be accepted do.
 * @throws what `Deno.connect` does, or the signal's reason
 */
export async function connectServer(
  target: ServerAddress,
  signal: AbortSignal,
): Promise<Deno.TcpConn | Deno.UnixConn> {
  for (const end = performance.now() + WAIT_MS;;) {
    try {
      const server = await connect(target);
      if (!signal.aborted) return server;
      server.close();
    } catch (error) {
      if (!isOutOfFiles(error) || performance.now() > end) throw error;
    }
    await pause(RETRY_MS, signal);
    signal.throwIfAborted();
  }
}
