/** Pause after a client that could not be accepted. */
const RETRY_MS = 20;

/**
 * Hands over each client that comes, until the listener is closed. Where clients can't be accepted
 * for a while (too many open files) that is told once, to `onFailure`, and tried again.
 */
export async function acceptClients<Client extends Deno.Conn>(
  listener: { accept(): Promise<Client> },
  onClient: (client: Client) => void,
  onFailure?: (reason: string) => void,
): Promise<void> {
  let failing = false;
  for (;;) {
    let client: Client;
    try {
      client = await listener.accept();
    } catch (error) {
      const closed = error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted;
      if (closed) return;
      if (!failing) onFailure?.(error instanceof Error ? error.message : String(error));
      failing = true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      continue;
    }
    failing = false;
    onClient(client);
  }
}
