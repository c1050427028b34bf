import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat, equals } from "@std/bytes";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { encodeBinlogDump, encodeBinlogDumpGtid } from "../../lib/protocol/binlog_dump.ts";
import { decodeErrPacket } from "../../lib/protocol/response.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { waitUntil } from "../_binlogd.ts";
import type { FileBuilder } from "../_events.ts";
import { beginFile, connect, UUID, withServer, writeFiles } from "./_local.ts";

const GIBI = 1024 * 1024 * 1024;

/** What a dump came to: events in order, and how it ended. */
interface Dumped {
  events: Uint8Array[];
  error?: { code: number; message: string };
}

/** Reads the packets of a dump to its end, checking their sequence ids. */
async function readDump(
  connection: SourceConnection,
  onEvent: (event: Uint8Array, count: number) => void = () => {},
): Promise<Dumped> {
  const events: Uint8Array[] = [];
  const { channel } = connection.info;
  for (;;) {
    const payload = await channel.tryRead(GIBI);
    if (!payload || (payload[0] === 0xfe && payload.length < 9)) return { events };
    if (payload[0] === 0xff) return { events, error: decodeErrPacket(payload) };
    events.push(payload.slice(1));
    onEvent(events[events.length - 1]!, events.length);
  }
}

async function dumpFrom(
  server: { port: number },
  file: string,
  position: number,
  flags = 1,
  serverId = 9,
): Promise<Dumped> {
  const connection = await connect(server);
  await connection.query("SET @source_binlog_checksum = 'CRC32'");
  await connection.sendCommand(encodeBinlogDump({ file, position, flags, serverId }));
  try {
    return await readDump(connection);
  } finally {
    connection.close();
  }
}

async function dumpGtid(server: { port: number }, set: string): Promise<Dumped> {
  const connection = await connect(server);
  await connection.query("SET @source_binlog_checksum = 'CRC32'");
  const gtidSet = encodeGtidSet(GtidSet.parse(set));
  const request = { file: "", position: 4, flags: 1, serverId: 9, gtidSet };
  await connection.sendCommand(encodeBinlogDumpGtid(request));
  try {
    return await readDump(connection);
  } finally {
    connection.close();
  }
}

const types = ({ events }: Dumped): number[] => events.map((event) => event[4]!);
const count = (dumped: Dumped, type: number): number =>
  types(dumped).filter((found) => found === type).length;

/** Bytes of the file's events. */
const stored = (...files: FileBuilder[]): Uint8Array =>
  concat(files.flatMap(({ events }) => events));

/** Events of a dump that come from the files: neither artificial nor heartbeats. */
function real({ events }: Dumped): Uint8Array {
  return concat(events.filter((event) => !(event[17]! & 0x20) && event[4] !== 27));
}

Deno.test("a dump from the first position is the files, with an artificial rotate each", async () => {
  let files: FileBuilder[] = [];
  await withServer(async (dir) => files = await writeFiles(dir), async (server) => {
    const dumped = await dumpFrom(server, "binlog.000001", 4);
    assertEquals(dumped.error, undefined);
    assertEquals(real(dumped), stored(...files));
    assertEquals(types(dumped).slice(0, 3), [4, 15, 35]);
    assertEquals(count(dumped, EVENT_TYPE.ROTATE_EVENT), 3);
    // Without a name: the oldest file.
    assertEquals((await dumpFrom(server, "", 4)).events.length, dumped.events.length);
  });
});

Deno.test("a dump from the middle has a format description without position, and a good CRC", async () => {
  let files: FileBuilder[] = [];
  await withServer(async (dir) => files = await writeFiles(dir), async (server) => {
    const second = files[1]!;
    const position = 4 + concat(second.events.slice(0, 7)).length;
    const { events } = await dumpFrom(server, "binlog.000002", position);
    const format = new DataView(events[1]!.buffer, events[1]!.byteOffset);
    assertEquals(format.getUint32(13, true), 0);
    const { crc32 } = await import("../../lib/bytes/crc32.ts");
    const end = events[1]!.length - 4;
    assertEquals(format.getUint32(end, true), crc32(events[1]!.subarray(0, end)));
    assertEquals(concat(events.slice(2)), concat(second.events.slice(7)));
  });
});

Deno.test("requests that can't be served get 1236 and the source's words", async () => {
  await withServer(writeFiles, async (server) => {
    const cases: [string, number, string][] = [
      ["binlog.000009", 4, "Could not find first log file name in binary log index file"],
      ["../binlog.000001", 4, "Could not find first log file name in binary log index file"],
      ["binlog.000001", 2, "position < 4"],
      ["binlog.000001", 99_999_999, "position > file size"],
      ["binlog.000001", 130, "event"],
    ];
    for (const [file, position, words] of cases) {
      const { error } = await dumpFrom(server, file, position);
      assertEquals(error?.code, 1236, `${file}:${position}`);
      assertStringIncludes(error!.message, words);
    }
    const more = await dumpGtid(server, `${UUID}:1-25`);
    assertStringIncludes(more.error!.message, "Replica has more GTIDs than the source has");
  });
});

Deno.test("by GTID only what is missing comes, and a heartbeat for what is left out", async () => {
  await withServer(writeFiles, async (server) => {
    for (const have of [0, 3, 10, 14, 20]) {
      const dumped = await dumpGtid(server, have === 0 ? "" : `${UUID}:1-${have}`);
      assertEquals(dumped.error, undefined);
      assertEquals(count(dumped, EVENT_TYPE.GTID_LOG_EVENT), 20 - have, `${have}`);
      assertEquals(count(dumped, EVENT_TYPE.XID_EVENT), 20 - have);
      const heartbeats = have % 10 === 0 && have !== 20 ? 0 : 1;
      assertEquals(count(dumped, EVENT_TYPE.HEARTBEAT_LOG_EVENT), heartbeats, `${have}`);
    }
    const gaps = await dumpGtid(server, `${UUID}:2-4:6:12-19`);
    assertEquals(count(gaps, EVENT_TYPE.XID_EVENT), 20 - 12);
  });
});

Deno.test("transactions that were purged are refused by name", async () => {
  await withServer(async (dir) => {
    const file = beginFile("binlog.000002", `${UUID}:1-10`).transaction(11);
    await Deno.writeFile(`${dir}/binlog.000002`, file.bytes());
  }, async (server) => {
    const { error } = await dumpGtid(server, `${UUID}:1-4`);
    assertEquals(error?.code, 1236);
    assertStringIncludes(error!.message, "purged required binary logs");
    assertStringIncludes(error!.message, `the missing transactions are '${UUID}:5-10'`);
    assertEquals((await dumpGtid(server, `${UUID}:1-10`)).error, undefined);
  });
});

Deno.test("events of 16 MiB and more arrive whole", async () => {
  const sizes = [1_000_000, 1_048_576 - 23, 0xfffffe - 23, 0xffffff - 23, 34_000_000];
  const file = beginFile("binlog.000001", "");
  sizes.forEach((size, i) => file.transaction(i + 1, size));
  await withServer(
    (dir) => Deno.writeFile(`${dir}/binlog.000001`, file.bytes()),
    async (server) => {
      const dumped = await dumpFrom(server, "binlog.000001", 4);
      assertEquals(dumped.error, undefined);
      const bytes = real(dumped);
      const wanted = stored(file);
      assert(equals(bytes, wanted));
    },
  );
});

Deno.test("nothing is served across a missing file, a hole or a torn end", async () => {
  const third = beginFile("binlog.000003", `${UUID}:1-20`).transaction(21);
  await withServer(async (dir) => {
    await writeFiles(dir);
    await Deno.remove(`${dir}/binlog.000002`);
    await Deno.writeFile(`${dir}/binlog.000003`, third.bytes());
  }, async (server) => {
    const { error } = await dumpFrom(server, "binlog.000001", 4);
    assertStringIncludes(error!.message, "could not find next log");
  });
  await withServer(async (dir) => {
    await writeFiles(dir);
    const hole = { afterFile: "binlog.000001", afterPosition: 9, nextFile: "binlog.000002" };
    const identity = { ...newIdentity(), holes: [{ ...hole, reason: "purged", time: "now" }] };
    await writeIdentity(dir, identity);
  }, async (server) => {
    assertEquals((await dumpFrom(server, "binlog.000001", 4)).error?.code, 1236);
    assertEquals((await dumpFrom(server, "binlog.000002", 4)).error, undefined);
  });
  await withServer(async (dir) => {
    const [first] = await writeFiles(dir);
    await Deno.truncate(`${dir}/binlog.000001`, first!.bytes().length - 5);
  }, async (server) => {
    const { error } = await dumpFrom(server, "binlog.000001", 4);
    assertStringIncludes(error!.message, "binlog truncated in the middle of event");
  });
});

Deno.test("a newer dump of the same replica ends the older one with 1236", async () => {
  await withServer(writeFiles, async (server) => {
    const begin = async (): Promise<{ connection: SourceConnection; dumped: Promise<Dumped> }> => {
      const connection = await connect(server);
      await connection.query("SET @source_binlog_checksum='CRC32', @replica_uuid='same-one'");
      let started = (): void => {};
      const first = new Promise<void>((resolve) => started = resolve);
      const request = { file: "", position: 4, flags: 0, serverId: 9 };
      await connection.sendCommand(encodeBinlogDump(request));
      const dumped = readDump(connection, () => started());
      await first;
      return { connection, dumped };
    };
    const older = await begin();
    const newer = await begin();
    const { error } = await older.dumped;
    assertEquals(error?.code, 1236);
    assertStringIncludes(error!.message, "same server_uuid/server_id");
    older.connection.close();
    newer.connection.close();
    await newer.dumped.catch(() => {});
  });
});

Deno.test("a reader at the end gets what is appended, in whole events, and heartbeats", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const connection = await connect(server);
    await connection.query(
      "SET @source_binlog_checksum='CRC32', @source_heartbeat_period = 50000000",
    );
    const request = { file: "binlog.000002", position: 4, flags: 0, serverId: 9 };
    await connection.sendCommand(encodeBinlogDump(request));
    const seen: Uint8Array[] = [];
    const dumped = readDump(connection, (event) => void seen.push(event));
    const of = (type: number): number => seen.filter((event) => event[4] === type).length;
    await waitUntil(() =>
      of(EVENT_TYPE.XID_EVENT) === 10 && of(EVENT_TYPE.HEARTBEAT_LOG_EVENT) > 1
    );
    const file = beginFile("binlog.000002", `${UUID}:1-10`);
    for (let gno = 11; gno <= 21; gno++) file.transaction(gno);
    const bytes = file.bytes();
    const path = `${dir}/binlog.000002`;
    const from = (await Deno.stat(path)).size;
    // Half an event more, then the rest.
    await Deno.writeFile(path, bytes.subarray(from, bytes.length - 10), { append: true });
    await waitUntil(() => of(EVENT_TYPE.WRITE_ROWS_EVENT) === 11);
    assertEquals(of(EVENT_TYPE.XID_EVENT), 10);
    await Deno.writeFile(path, bytes.subarray(bytes.length - 10), { append: true });
    await waitUntil(() => of(EVENT_TYPE.XID_EVENT) === 11);
    connection.close();
    await dumped.catch(() => {});
  });
});

Deno.test("a folder whose files are replaced ends its streams, and not for good", async () => {
  await withServer(writeFiles, async (server, dir) => {
    const connection = await connect(server);
    await connection.query("SET @source_binlog_checksum='CRC32'");
    const request = { file: "binlog.000002", position: 4, flags: 0, serverId: 9 };
    await connection.sendCommand(encodeBinlogDump(request));
    let transactions = 0;
    const dumped = readDump(
      connection,
      (event) => transactions += Number(event[4] === EVENT_TYPE.XID_EVENT),
    );
    await waitUntil(() => transactions === 10);
    await Deno.remove(`${dir}/binlog.000001`);
    await Deno.remove(`${dir}/binlog.000002`);
    const fresh = beginFile("binlog.000001", "").transaction(1);
    await Deno.writeFile(`${dir}/binlog.000001`, fresh.bytes());
    const { error } = await dumped;
    assertEquals(error?.code, 1105);
    connection.close();
    assertEquals(real(await dumpFrom(server, "", 4)), stored(fresh));
  });
});

Deno.test("more readers than there are large buffers each get every byte", async () => {
  const file = beginFile("binlog.000001", "");
  for (let gno = 1; gno <= 400; gno++) file.transaction(gno, gno % 40 === 0 ? 200_000 : 5000);
  await withServer(
    (dir) => Deno.writeFile(`${dir}/binlog.000001`, file.bytes()),
    async (server) => {
      const wanted = stored(file);
      const read = async (id: number): Promise<void> => {
        const dumped = await dumpFrom(server, "binlog.000001", 4, 1, id + 1);
        assertEquals(dumped.error, undefined);
        const bytes = real(dumped);
        assert(equals(bytes, wanted));
      };
      await Promise.all(Array.from({ length: 32 }, (_, id) => read(id)));
    },
  );
});
