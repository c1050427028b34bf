import { type BinlogDump, DUMP_FLAG } from "../../lib/protocol/binlog_dump.ts";
import { Logger } from "../../lib/log.ts";
import { connectSource } from "../../lib/source/connect.ts";
import { sendRequest } from "../../lib/source/dump_request.ts";
import { setUpSession } from "../../lib/source/session_setup.ts";
import type { ByteStream } from "../../lib/protocol/byte_stream.ts";

const SERVER_ID = 4_000_000_001;

/** A dump of everything the source has, as bare bytes: for programs that only measure. */
export async function rawDump(
  port: number,
  flags: number,
  serverId: number = SERVER_ID,
): Promise<{ stream: ByteStream; buffered: Uint8Array }> {
  const log = new Logger({ level: "error" });
  const connection = await connectSource(
    {
      host: "127.0.0.1",
      port,
      user: "repl",
      password: "secret",
      sslMode: "DISABLED",
      getServerPublicKey: true,
      connectTimeoutMs: 10_000,
    },
    log,
    new AbortController().signal,
  );
  await setUpSession(connection, {
    serverId,
    uuid: crypto.randomUUID(),
    heartbeatMs: 10_000,
    semiSync: "off",
    nonBlocking: (flags & DUMP_FLAG.BINLOG_DUMP_NON_BLOCK) !== 0,
    reportHost: "",
    address: `127.0.0.1:${port}`,
    log,
  });
  const request: BinlogDump & { wide: boolean } = {
    file: "",
    position: 4,
    flags,
    serverId,
    wide: false,
  };
  await sendRequest(connection, request);
  return connection.handover();
}
