const BUFFER_SIZE = 256 * 1024;

type Socket = Deno.TcpConn | Deno.UnixConn;

/** A loopback port that carries bytes to and from a connection; see {@link openRelay}. */
export interface LoopbackRelay {
  port: number;
  /** Serves the client that comes from this port of 127.0.0.1, and no other. */
  serve(clientPort: number): Promise<void>;
  close(): void;
}

async function carry(from: Socket, to: Socket): Promise<void> {
  const buffer = new Uint8Array(BUFFER_SIZE);
  try {
    for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
      for (let done = 0; done < size;) done += await to.write(buffer.subarray(done, size));
    }
    await to.closeWrite();
  } catch {
    // Whoever closed it knows; the other side learns it here.
    closeAll(from, to);
  }
}

function closeAll(...resources: { close(): void }[]): void {
  for (const one of resources) {
    try {
      one.close();
    } catch {
      // closed already
    }
  }
}

/**
 * Opens a port on loopback that is another end of `conn`, for what can't be handed a connection that
 * is open already. When the client closes, both are closed.
 */
export function openRelay(conn: Socket): LoopbackRelay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const close = (): void => closeAll(listener);
  return {
    port: listener.addr.port,
    async serve(clientPort: number): Promise<void> {
      for (;;) {
        const client = await listener.accept();
        if (client.remoteAddr.port !== clientPort) {
          client.close(); // anybody on this machine may knock
          continue;
        }
        close();
        client.setNoDelay(true);
        // Our own side never closes by half. The other may be long dead when we give up.
        carry(client, conn).then(() => closeAll(client, conn));
        carry(conn, client);
        return;
      }
    },
    close,
  };
}
