import { assert, assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import type { ScannedFile } from "../../lib/store/file_summary.ts";
import { summariseFile } from "../../lib/store/file_summary_build.ts";
import { FileIndex } from "../../lib/store/file_summary_index.ts";
import { SummaryRecorder } from "../../lib/store/file_summary_recorder.ts";
import { waitUntil } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const UUID = "00000000-0000-0000-0000-000000000000";

/** Transactions with times from `start` on, a second apart. */
function build(count: number, rowSize: number, start = 1_700_000_000): FileBuilder {
  const builder = new FileBuilder("b.000001");
  builder.timestamp = start;
  builder.format();
  const previous = encodeGtidSet(GtidSet.parse(`${UUID}:1-10`));
  builder.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, previous);
  for (let i = 0; i < count; i++) {
    builder.timestamp = start + i;
    builder.transaction(11 + i, rowSize);
  }
  return builder;
}

async function write(dir: string, bytes: Uint8Array, mtime = 1000): Promise<string> {
  const path = `${dir}/b.000001`;
  await Deno.writeFile(path, bytes);
  await Deno.utime(path, mtime, mtime);
  return path;
}

/** Without what differs between two scans of the same content. */
function content({ summary }: ScannedFile): unknown {
  const { mtime: _, size: __, ...rest } = summary;
  return rest;
}

Deno.test("a summary says what is in a file", async () => {
  await withFolder(async (dir) => {
    const builder = build(5, 100).rotate("b.000002");
    const path = await write(dir, builder.bytes());
    const { summary, points } = await summariseFile(path, "b.000001");
    assertEquals(summary.gtids, `${UUID}:11-15`);
    assertEquals(summary.previousGtids, `${UUID}:1-10`);
    assertEquals(summary.transactions, 5);
    assertEquals(summary.events, builder.events.length);
    assertEquals(summary.firstTime, 1_700_000_000e6);
    assertEquals(summary.lastTime, 1_700_000_004e6);
    assertEquals([summary.closing, summary.nextFile], ["rotate", "b.000002"]);
    assertEquals(summary.end, builder.position);
    assertEquals(points.length, 1);
    assertEquals(points[0]!.gtids, summary.gtids);
  });
});

Deno.test("a summary goes on where a shorter one of the same file ended", async () => {
  await withFolder(async (dir) => {
    const bytes = build(400, 20_000).rotate("b.000002").bytes();
    const whole = await summariseFile(await write(dir, bytes), "b.000001");
    assert(whole.points.length > 5);
    // Cut within an event, within a transaction, and after one.
    for (const size of [3_000_000, 3_001_234, 5_999_999]) {
      const before = await summariseFile(await write(dir, bytes.subarray(0, size)), "b.000001");
      assert(before.summary.transactions < 400);
      const after = await summariseFile(await write(dir, bytes), "b.000001", { before });
      assertEquals(content(after), content(whole));
      assertEquals(after.points.map(({ gtids }) => gtids).join().split(":").length - 1 > 0, true);
    }
    const other = build(3, 50, 1_600_000_000).bytes();
    const before = await summariseFile(await write(dir, other), "b.000001");
    const after = await summariseFile(await write(dir, bytes), "b.000001", { before });
    assertEquals(content(after), content(whole), "another file of the same name is read anew");
  });
});

Deno.test("a summary of a damaged file tells of what comes before the damage", async () => {
  await withFolder(async (dir) => {
    const builder = build(5, 100);
    const bytes = builder.bytes();
    const at = builder.position - builder.events.pop()!.length;
    bytes[at + 13]! ^= 0x40; // log_pos of the last event
    const { summary } = await summariseFile(await write(dir, bytes), "b.000001");
    assertEquals(summary.damage?.position, at);
    assertEquals(summary.transactions, 4);
    assertEquals(summary.gtids, `${UUID}:11-14`);
  });
});

Deno.test("a summary ends where MariaDB encrypted the file", async () => {
  await withFolder(async (dir) => {
    const builder = new FileBuilder("b.000001").format("10.11.19-MariaDB");
    builder.add(EVENT_TYPE.START_ENCRYPTION_EVENT, new Uint8Array(17));
    const position = builder.position;
    // What comes then would pass for events.
    const bytes = builder.transaction(1).bytes();
    const { summary } = await summariseFile(await write(dir, bytes), "b.000001");
    const message = `What follows b.000001:${position} is encrypted`;
    assertEquals(summary.damage, { position, message, encrypted: true });
    assertEquals([summary.end, summary.transactions], [position, 0]);
  });
});

Deno.test("the index gives back what was put in, and forgets what has changed", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/binlogd.files.json`;
    const bytes = build(300, 20_000).bytes();
    const scanned = await summariseFile(await write(dir, bytes), "b.000001");
    const index = FileIndex.open(path);
    index.put(scanned);
    assertEquals(index.points("b.000001"), scanned.points);
    assert(await index.save());
    const again = FileIndex.open(path);
    const info = { size: bytes.length, mtime: 1_000_000 };
    assertEquals(again.current("b.000001", info)?.gtids, scanned.summary.gtids);
    assertEquals(again.points("b.000001"), scanned.points);
    assertEquals(again.current("b.000001", { ...info, size: 1 }), undefined);
    assertEquals(again.current("b.000001", { ...info, mtime: 1 }), undefined);
    again.keepOnly([]);
    assert(await again.save());
    assertEquals(FileIndex.open(path).size, 0);
  });
});

Deno.test("an index that is damaged, or has lost its points, counts as not there", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/binlogd.files.json`;
    const scanned = await summariseFile(await write(dir, build(5, 50).bytes()), "b.000001");
    const index = FileIndex.open(path);
    index.put(scanned);
    await index.save();
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.slice(0, -20));
    assertEquals(FileIndex.open(path).size, 0);
    await Deno.writeTextFile(path, text);
    await Deno.writeTextFile(`${path}.points`, '{"file":"b.000009","size":1,"points":[]}\n');
    assertEquals(FileIndex.open(path).points("b.000001"), undefined);
    await Deno.remove(`${path}.points`);
    assertEquals(FileIndex.open(path).points("b.000001"), undefined);
  });
});

Deno.test("a recorder adds complete files to the index", async () => {
  await withFolder(async (dir) => {
    const bytes = build(5, 50).rotate("b.000002").bytes();
    await write(dir, bytes);
    const recorder = new SummaryRecorder(dir);
    recorder.closed("b.000001");
    recorder.closed("b.000099"); // gone meanwhile
    await waitUntil(() => FileIndex.open(`${dir}/binlogd.files.json`).size > 0);
    await recorder.stop();
    const index = FileIndex.open(`${dir}/binlogd.files.json`);
    const info = { size: bytes.length, mtime: 1_000_000 };
    assertEquals(index.current("b.000001", info)?.transactions, 5);
  });
});
