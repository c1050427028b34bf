import { Logger } from "../../lib/log.ts";
import { connectSource } from "../../lib/source/connect.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import type { RealServer } from "./server.ts";

/** Logs in over the server's socket as the account that may do everything. */
export async function connectAdmin(server: RealServer): Promise<SourceConnection> {
  return await connectSource(
    {
      socket: server.socket,
      user: "admin",
      password: "secret",
      sslMode: "DISABLED",
      getServerPublicKey: true,
      connectTimeoutMs: 20_000,
    },
    new Logger({ write: () => {} }),
    new AbortController().signal,
  );
}
