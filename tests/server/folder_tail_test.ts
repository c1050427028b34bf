import { assertEquals } from "@std/assert";
import { DUMP_FLAG, encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { FolderTail } from "../../lib/server/folder_tail.ts";
import { LOCK_FILE } from "../../lib/store/store_lock.ts";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile, connect, UUID, withServer, writeFiles } from "./_local.ts";

/** Puts another file in the place of one. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(`${path}.new`, bytes);
  await Deno.rename(`${path}.new`, path);
}

Deno.test("a look that finds the newest file replaced or cut tells how far it is there now", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/binlog.000001`;
    const reasons: string[] = [];
    await Deno.writeFile(path, new Uint8Array(1000));
    let cuts = 0;
    const tail = new FolderTail(dir, (reason) => reasons.push(reason), () => cuts++);
    try {
      const look = async (): Promise<number | undefined> => {
        await tail.refresh();
        return tail.position()?.durable;
      };
      assertEquals(await look(), 1000);
      for (const [count, size] of [2000, 700].entries()) {
        await replace(path, new Uint8Array(size));
        assertEquals(await look(), size);
        assertEquals(reasons.length, count + 1);
      }
      tail.shown("binlog.000001", 600);
      tail.shown("binlog.000000", 650);
      await Deno.truncate(path, 600);
      assertEquals(await look(), 600);
      assertEquals([reasons.length, cuts], [2, 1], "nobody was shown what is gone");
      await Deno.truncate(path, 500);
      assertEquals(await look(), 500);
      assertEquals([reasons.length, cuts], [3, 1]);
      tail.shown("binlog.000001", 501);
      assertEquals([reasons.length, tail.position()], [4, undefined], "cut before it was shown");
      assertEquals(await look(), 500);
      tail.shown("binlog.000001", 400);
      await Deno.writeFile(`${dir}/binlog.000002`, new Uint8Array(300));
      assertEquals(await look(), 300);
      await Deno.truncate(`${dir}/binlog.000002`, 200);
      assertEquals(await look(), 200);
      assertEquals([reasons.length, cuts], [4, 2], "of the new file nothing was shown");
    } finally {
      tail.close();
    }
  });
});

Deno.test("a look that is asked for during another one sees what is there by then", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/binlog.000001`;
    await Deno.writeFile(path, new Uint8Array(100));
    // In a store a look takes as long as a sync.
    await Deno.writeFile(`${dir}/${LOCK_FILE}`, new Uint8Array());
    const tail = new FolderTail(dir, () => {}, () => {});
    try {
      for (let size = 200; size <= 4000; size += 100) {
        const first = tail.refresh();
        // Somewhere in the first one's way.
        for (let turns = size / 100 % 8; turns > 0; turns--) {
          await Deno.stat(path);
        }
        Deno.truncateSync(path, size);
        await tail.refresh();
        assertEquals(tail.position()?.durable, size);
        await first;
      }
    } finally {
      tail.close();
    }
  });
});

Deno.test("the rest of a file may be shown before the look at the next one is over", async () => {
  await withFolder(async (dir) => {
    const [first, second] = ["binlog.000001", "binlog.000002"];
    await Deno.writeFile(`${dir}/${LOCK_FILE}`, new Uint8Array());
    await Deno.writeFile(`${dir}/${first}`, new Uint8Array(100));
    const tail = new FolderTail(dir, (reason) => {
      throw new Error(reason);
    }, () => {});
    try {
      await tail.refresh();
      await Deno.writeFile(`${dir}/${first}`, new Uint8Array(100), { append: true });
      await Deno.writeFile(`${dir}/${second}`, new Uint8Array(50));
      const looking = tail.refresh();
      while (!tail.files.includes(second!)) await Deno.stat(dir);
      tail.shown(first!, 200);
      await looking;
      assertEquals(tail.position(), { file: second, written: 50, durable: 50 });
    } finally {
      tail.close();
    }
  });
});

Deno.test("a part of an event that is cut off and comes again ends no stream", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const connection = await connect(server);
    await connection.query("SET @source_binlog_checksum='CRC32'");
    const request = { file: "binlog.000002", position: 4, flags: 0, serverId: 77 };
    await connection.sendCommand(encodeBinlogDump(request));
    let end = 0;
    const reading = (async () => {
      for (;;) {
        const payload = await connection.info.channel.tryRead().catch(() => undefined);
        if (!payload) return;
        assertEquals(payload[0], 0, "no error");
        end = new DataView(payload.buffer, payload.byteOffset).getUint32(1 + 13, true);
      }
    })();
    const path = `${dir}/binlog.000002`;
    const { size } = await Deno.stat(path);
    await waitUntil(() => end === size);
    const file = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 23; gno++) file.transaction(gno);
    const bytes = file.bytes();
    const watcher = await connect(server, { user: "nmonitor" });
    const seen = async (): Promise<number> =>
      Number((await watcher.query("SHOW BINARY LOGS")).rows.at(-1)![1]);
    const executed = (): Promise<string | null | undefined> =>
      watcher.queryValue("SELECT @@GLOBAL.gtid_executed");
    for (const part of [size + 10, size + 50, size + 3, size + 4000]) {
      // Read by the stream, and found to be no whole event; the bytes of another one.
      await Deno.writeFile(path, new Uint8Array(part - size).fill(65), { append: true });
      await waitUntil(async () => await seen() === part);
      assertEquals(await executed(), `${UUID}:1-20`);
      await Deno.truncate(path, size);
      await waitUntil(async () => await seen() === size);
    }
    // Less than there was, which some have read, and then the rest.
    const middle = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 21; gno++) middle.transaction(gno);
    const first = middle.bytes().length;
    await Deno.writeFile(path, bytes.subarray(size, first), { append: true });
    await waitUntil(() => end === first);
    await Deno.writeFile(path, bytes.subarray(first), { append: true });
    await waitUntil(() => end === bytes.length);
    assertEquals(await executed(), `${UUID}:1-23`);
    watcher.close();
    connection.close();
    await reading;
  });
});

Deno.test("a dump right after a file was replaced gets all of the new one", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const file = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 14; gno++) file.transaction(gno, 300);
    const bytes = async (): Promise<number> => {
      const connection = await connect(server);
      await connection.query("SET @source_binlog_checksum='CRC32'");
      const flags = DUMP_FLAG.BINLOG_DUMP_NON_BLOCK;
      const request = { file: file.name, position: 4, flags, serverId: 77 };
      await connection.sendCommand(encodeBinlogDump(request));
      let end = 0;
      for (;;) {
        const payload = await connection.info.channel.read();
        if (payload[0] === 0xfe) break;
        end = new DataView(payload.buffer, payload.byteOffset).getUint32(1 + 13, true);
      }
      connection.close();
      return end;
    };
    assertEquals(await bytes(), (await Deno.stat(`${dir}/${file.name}`)).size);
    await replace(`${dir}/${file.name}`, file.bytes());
    assertEquals(await bytes(), file.position);
  });
});
