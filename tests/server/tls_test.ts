/** What a server says last over TLS reaches the client, and then comes an orderly end. */
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { AuthError } from "../../lib/errors.ts";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
import { makeCertificate } from "../../lib/server/self_made_certificate.ts";
import { type RunningServer, startServer } from "../../lib/server/server.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { connect, QUIET, withServer, writeFiles } from "./_local.ts";
import { SOON_MS, withLongLimit } from "./_long_limit.ts";
import { writeUsers } from "./_serving.ts";

const NON_BLOCKING = 1;
const BLOCKING = 0;

async function withTls(work: (server: RunningServer) => Promise<void>): Promise<void> {
  await withServer(writeFiles, work, { tls: await makeCertificate("test") });
}

async function beginDump(
  server: RunningServer,
  file: string,
  flags: number,
  serverId = 9,
): Promise<SourceConnection> {
  const connection = await connect(server, { sslMode: "REQUIRED" });
  await connection.query("SET @source_binlog_checksum = 'CRC32'");
  await connection.sendCommand(encodeBinlogDump({ file, position: 4, flags, serverId }));
  return connection;
}

/** Payloads to the end of the connection, which must not come inside a packet, nor without notice. */
async function readToEnd({ info: { channel } }: SourceConnection): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = [];
  for (let payload; (payload = await channel.tryRead());) payloads.push(payload);
  return payloads;
}

Deno.test("a dump that ends arrives with its end over TLS", async () => {
  await withTls(async (server) => {
    const connection = await beginDump(server, "binlog.000001", NON_BLOCKING);
    const payloads = await readToEnd(connection);
    assertEquals(payloads.pop()![0], 0xfe);
    assert(payloads.length > 100);
    assert(payloads.every(([status]) => status === 0));
    connection.close();
  });
});

Deno.test("the error that a dump ends with arrives over TLS", async () => {
  await withTls(async (server) => {
    const connection = await beginDump(server, "binlog.000099", NON_BLOCKING);
    const [error, ...more] = await readToEnd(connection);
    assertEquals([decodeErrPacket(error!).code, more.length], [1236, 0]);
    connection.close();
  });
});

Deno.test("a login that is refused hears why over TLS", async () => {
  await withTls(async (server) => {
    for (const user of ["repl", "native", "ed", "nobody"]) {
      const login = connect(server, { user, password: "wrong", sslMode: "REQUIRED" });
      const { details } = await assertRejects(() => login, AuthError, "Access denied");
      assertEquals(details?.code, 1045);
    }
  });
});

Deno.test("a replica whose place another one takes hears why over TLS", async () => {
  await withTls(async (server) => {
    const first = await beginDump(server, "binlog.000001", BLOCKING);
    await first.info.channel.read();
    const second = await beginDump(server, "binlog.000001", BLOCKING);
    await second.info.channel.read();
    const last = (await readToEnd(first)).pop()!;
    assertEquals(decodeErrPacket(last).code, 1236);
    for (const connection of [first, second]) connection.close();
  });
});

Deno.test("a server that stops sends what it has said, and waits for no client", async () => {
  await withFolder(async (dir) => {
    const folder = `${dir}/files`;
    await Deno.mkdir(folder);
    await writeFiles(folder);
    const users = await writeUsers(dir);
    const listen = { hostname: "127.0.0.1", port: 0 };
    const tls = await makeCertificate("test");
    const server = await startServer({ folder, users, listen, log: QUIET, tls });
    const idle = await connect(server, { sslMode: "REQUIRED" });
    const replica = await beginDump(server, "binlog.000001", BLOCKING);
    const reader = await beginDump(server, "binlog.000001", NON_BLOCKING, 10);
    const watch = await connect(server, { user: "admin" });
    await waitUntil(async () => {
      const { rows } = await watch.query("SHOW PROCESSLIST");
      return rows.some((row) => row.some((field) => field?.includes("has sent all")));
    });
    // All of the reader's answer but its end, which is said next and lies unread.
    const another = await beginDump(server, "binlog.000001", NON_BLOCKING, 11);
    const payloads = (await readToEnd(another)).length;
    for (let read = 1; read < payloads; read++) await reader.info.channel.read();
    await watch.query("SHOW PROCESSLIST");
    const start = performance.now();
    await withLongLimit(() => server.stop());
    assertLess(performance.now() - start, SOON_MS);
    assertEquals((await readToEnd(reader)).map(([status]) => status), [0xfe]);
    // Cut off is not the same as come to the end.
    assertEquals((await readToEnd(replica)).pop()![0], 0);
    await assertRejects(() => idle.query("SELECT 1"));
    for (const connection of [idle, replica, reader, another, watch]) connection.close();
  });
});

Deno.test("a client that leaves in the middle of a dump over TLS is forgotten", async () => {
  await withTls(async (server) => {
    const connection = await beginDump(server, "binlog.000001", BLOCKING);
    await connection.info.channel.read();
    connection.close();
    const watch = await connect(server, { user: "admin" });
    await waitUntil(async () => (await watch.query("SHOW PROCESSLIST")).rows.length === 1);
    watch.close();
  });
});
