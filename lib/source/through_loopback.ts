import { openRelay } from "./loopback_relay.ts";

/**
 * A TCP connection that carries what goes over a Unix socket, for what takes no other. When it is
 * closed, the socket is too; where it can't be made, the socket is left to who has it.
 */
export async function throughLoopback(conn: Deno.UnixConn): Promise<Deno.TcpConn> {
  const relay = openRelay(conn);
  try {
    const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    try {
      await relay.serve(client.localAddr.port);
    } catch (error) {
      client.close();
      throw error;
    }
    client.setNoDelay(true);
    return client;
  } finally {
    relay.close();
  }
}
