/** Clients that mean no good: the server goes on, others notice nothing, memory comes back. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { COMMAND } from "../../lib/protocol/commands.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { encodeSemiSyncAck } from "../../lib/protocol/semi_sync.ts";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import type { RunningServer } from "../../lib/server/server.ts";
import { waitUntil } from "../_binlogd.ts";
import { connect, withServer, writeFiles } from "./_local.ts";

let seed = 99;
function random(limit: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % limit;
}

function noise(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, () => random(256));
}

/** Sends bytes on a connection of its own and reads until the server hangs up or falls silent. */
async function send(server: RunningServer, bytes: Uint8Array, wait = 30): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  try {
    await conn.write(bytes).catch(() => 0);
    const timer = setTimeout(() => conn.close(), wait);
    const buffer = new Uint8Array(4096);
    while (await conn.read(buffer).catch(() => null) !== null);
    clearTimeout(timer);
  } catch {
    // the server may close at any time
  } finally {
    try {
      conn.close();
    } catch {
      // closed already
    }
  }
}

async function assertWell(server: RunningServer): Promise<void> {
  const connection = await connect(server, { user: "native" });
  assertEquals(await connection.queryValue("SELECT 1"), "1");
  connection.close();
}

Deno.test("random, truncated and oversized packets before the login harm nobody", async () => {
  await withServer(writeFiles, async (server) => {
    for (let i = 0; i < 60; i++) await send(server, noise(random(400)), 10);
    const oversized = Uint8Array.of(0xff, 0xff, 0xff, 1, ...noise(64));
    const wrongSequence = encodePacket(noise(40), 7);
    const cut = encodePacket(noise(300), 1).subarray(0, 50);
    for (const bytes of [oversized, wrongSequence, cut]) await send(server, bytes);
    await assertWell(server);
  });
});

Deno.test("random commands of a client that is logged in harm nobody", async () => {
  await withServer(writeFiles, async (server) => {
    for (let i = 0; i < 150; i++) {
      const connection = await connect(server, { user: "native" });
      const { stream } = connection.info;
      const command = random(0x20);
      const payload = Uint8Array.of(command, ...noise(random(60)));
      const timer = setTimeout(() => connection.close(), 20);
      await stream.write(encodePacket(payload, random(8) === 0 ? 3 : 0)).catch(() => 0);
      const buffer = new Uint8Array(65536);
      while (await stream.read(buffer).catch(() => null) !== null);
      clearTimeout(timer);
      connection.close();
    }
    await assertWell(server);
  });
});

Deno.test("half-open connections by the thousand do not keep others out", async () => {
  await withServer(writeFiles, async (server) => {
    const open: Deno.TcpConn[] = [];
    for (let i = 0; i < 1000; i++) {
      open.push(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
      if (i % 250 === 0) await assertWell(server);
    }
    await assertWell(server);
    for (const conn of open) conn.close();
    await assertWell(server);
  });
});

Deno.test("logins that fail by the hundred are slowed down, and only they", async () => {
  await withServer(writeFiles, async (server) => {
    const started = performance.now();
    const tries = Array.from(
      { length: 300 },
      () => connect(server, { user: "native", password: "wrong" }).then(() => 1, () => 0),
    );
    const well = performance.now();
    await assertWell(server);
    assertLess(performance.now() - well, 30_000);
    assertEquals((await Promise.all(tries)).reduce((a: number, b) => a + b, 0), 0);
    assert(performance.now() - started > 1000);
  });
});

Deno.test("a flood of ACKs, and ACKs from who never asked, harm nobody", async () => {
  await withServer(writeFiles, async (server) => {
    for (const semiSync of [true, false]) {
      const connection = await connect(server, { user: "native" });
      await connection.query("SET @source_binlog_checksum='CRC32'");
      if (semiSync) await connection.query("SET @rpl_semi_sync_replica = 1");
      const request = { file: "", position: 4, flags: 0, serverId: 5 };
      await connection.sendCommand(encodeBinlogDump(request));
      const { stream } = connection.info;
      const buffer = new Uint8Array(65536);
      await stream.read(buffer);
      const ack = encodePacket(encodeSemiSyncAck({ file: "binlog.000002", position: 2 ** 40 }), 0);
      const flood = new Uint8Array(ack.length * 1000);
      for (let i = 0; i < 1000; i++) flood.set(ack, i * ack.length);
      for (let i = 0; i < 100; i++) {
        try {
          for (let done = 0; done < flood.length;) {
            done += await stream.write(flood.subarray(done));
          }
        } catch {
          break;
        }
      }
      connection.close();
    }
    await assertWell(server);
  });
});

Deno.test("connections of all kinds leave no memory and no connection behind", async () => {
  await withServer(writeFiles, async (server) => {
    const round = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await send(server, noise(50), 1);
        const connection = await connect(server, { user: "native" });
        await connection.query("SET @a = REPEAT").catch(() => {});
        await connection.query("SET @source_binlog_checksum='CRC32'");
        const request = { file: "", position: 4, flags: 1, serverId: i + 1 };
        await connection.sendCommand(encodeBinlogDump(request));
        await connection.info.channel.read();
        connection.close();
      }
    };
    await round(100);
    // Of this test file alone: others run beside it in the same process.
    const used = (): number => {
      const { heapUsed, external } = Deno.memoryUsage();
      return heapUsed + external;
    };
    const before = used();
    await round(300);
    assertLess(used() - before, 64 * 1024 * 1024);
    const watch = await connect(server, { user: "admin" });
    await waitUntil(async () => (await watch.query("SHOW PROCESSLIST")).rows.length === 1);
    await watch.command(Uint8Array.of(COMMAND.COM_PING));
    watch.close();
  });
});

Deno.test("logins and half-open connections by the thousand give their memory back", async () => {
  await withServer(writeFiles, async (server) => {
    const watch = await connect(server, { user: "admin" });
    const alone = async (): Promise<boolean> =>
      (await watch.query("SHOW PROCESSLIST")).rows.length === 1;
    const round = async (count: number): Promise<void> => {
      const open: Deno.TcpConn[] = [];
      for (let i = 0; i < count; i++) {
        open.push(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
        (await connect(server, { user: "native" })).close();
      }
      for (const conn of open) conn.close();
      await waitUntil(alone);
    };
    await round(100);
    const used = (): number => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
    const before = used();
    await round(1000);
    assertLess(used() - before, 64 * 1024 * 1024);
    watch.close();
  });
});
