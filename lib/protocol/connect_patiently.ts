import { pause } from "../pause.ts";

/** Longest wait for a file descriptor, and the pause between two tries. */
const WAIT_MS = 10_000;
const RETRY_MS = 20;

/** No descriptor is left: to this process (EMFILE), or to the machine (ENFILE). */
function isOutOfFiles(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE";
}

/**
 * Makes the connection that a client needs who may have been accepted with the last file descriptor
 * there was: it waits for the next one, as the clients that can't be accepted do, unless `signal` says
 * that it is not wanted any more.
 * @throws what `connect` does, or the signal's reason
 */
export async function connectPatiently<Connection extends { close(): void }>(
  connect: () => Promise<Connection>,
  signal: AbortSignal,
): Promise<Connection> {
  for (const end = performance.now() + WAIT_MS;;) {
    try {
      const connection = await connect();
      if (!signal.aborted) return connection;
      connection.close();
    } catch (error) {
      if (!isOutOfFiles(error) || performance.now() > end) throw error;
    }
    await pause(RETRY_MS, signal);
    signal.throwIfAborted();
  }
}
