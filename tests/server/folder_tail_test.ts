import { assertEquals } from "@std/assert";
import { DUMP_FLAG, encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { FolderTail } from "../../lib/server/folder_tail.ts";
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
    const tail = new FolderTail(dir, (reason) => reasons.push(reason));
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
      await Deno.truncate(path, 500);
      assertEquals(await look(), 500);
      assertEquals(reasons.length, 3);
    } finally {
      tail.close();
    }
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
