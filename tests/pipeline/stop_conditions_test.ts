/** Where a dump with a stop condition ends: always with a whole transaction. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { FormatError } from "../../lib/errors.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { BATCH_BYTES } from "../../lib/pipeline/batch.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { MariadbPosition } from "../../lib/gtid/mariadb_position.ts";
import { isMariadbGtidText, StopAtGtid } from "../../lib/pipeline/stop_at_gtid.ts";
import { StopAtPosition } from "../../lib/pipeline/stop_at_position.ts";
import { StopAtTime } from "../../lib/pipeline/stop_at_time.ts";
import type { StopCondition } from "../../lib/pipeline/stop_condition.ts";
import { HeldGtids } from "../../lib/pipeline/stop_held_gtids.ts";
import { artificialRotate, dumpPackets, FileBuilder, makeEvent } from "../_events.ts";
import { pipelineTest, runPipeline, withFolder } from "../_pipeline.ts";
import { SPLITS } from "../_split.ts";

const UUID = "00000000-0000-0000-0000-000000000000";
const FIRST = "b.000001";
const SECOND = "b.000002";
const START_TIME = 1_700_000_000;

/** A file of `count` transactions, ten seconds apart, and the positions between them. */
function build(name: string, gno: number, count: number): { file: FileBuilder; ends: number[] } {
  const file = new FileBuilder(name).format();
  const previous = GtidSet.parse(gno > 1 ? `${UUID}:1-${gno - 1}` : "");
  file.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(previous).slice());
  const ends = [file.position];
  for (let i = 0; i < count; i++) {
    file.timestamp = START_TIME + (gno + i) * 10;
    ends.push(file.transaction(gno + i).position);
  }
  return { file, ends };
}

const one = build(FIRST, 1, 4);
one.file.rotate(SECOND);
const two = build(SECOND, 5, 3);
const STREAM = dumpPackets([
  artificialRotate(FIRST),
  ...one.file.events,
  artificialRotate(SECOND),
  ...two.file.events,
]);

/** Runs a dump that stops; says where: the sizes of the files it leaves. */
async function sizes(
  stop: StopCondition,
  chunks: Uint8Array[] = [STREAM],
): Promise<{ stopped: boolean; files: Record<string, number> }> {
  return await withFolder(async (dir) => {
    const { state } = await runPipeline(dir, chunks, { stop });
    const files: Record<string, number> = {};
    for (
      const { name, bytes } of [one, two].map(({ file }) => ({
        name: file.name,
        bytes: file.bytes(),
      }))
    ) {
      const stored = await Deno.readFile(`${dir}/${name}`).catch(() => undefined);
      if (!stored) continue;
      assertEquals(stored, bytes.subarray(0, stored.length));
      files[name] = stored.length;
    }
    return { stopped: state.stopped, files };
  });
}

pipelineTest("a stop at a position leaves whole transactions up to it", async () => {
  const last = one.ends[one.ends.length - 1]!;
  for (let position = one.ends[0]!; position < last; position += 23) {
    const end = one.ends.filter((one) => one <= position).pop()!;
    assertEquals(
      await sizes(new StopAtPosition(FIRST, position)),
      { stopped: true, files: { [FIRST]: end } },
      `stop at ${position}`,
    );
  }
  for (const end of one.ends.slice(1)) {
    const found = await sizes(new StopAtPosition(FIRST, end));
    assertEquals(found, { stopped: true, files: { [FIRST]: end } });
  }
});

pipelineTest("a stop is at the same place however the stream is cut", async () => {
  const inside = two.ends[2]! - 40;
  for (const { name, chunks } of SPLITS) {
    assertEquals(
      await sizes(new StopAtPosition(SECOND, inside), chunks(STREAM)),
      { stopped: true, files: { [FIRST]: one.file.position, [SECOND]: two.ends[1]! } },
      name,
    );
  }
});

pipelineTest("a stop at the end of a file or beyond it leaves the file whole", async () => {
  for (const position of [one.file.position, one.file.position + 1000]) {
    assertEquals(
      await sizes(new StopAtPosition(FIRST, position)),
      { stopped: true, files: { [FIRST]: one.file.position } },
    );
  }
  // A file that comes later still ends nothing.
  assertEquals(
    await sizes(new StopAtPosition("b.000003", 4)),
    { stopped: false, files: { [FIRST]: one.file.position, [SECOND]: two.file.position } },
  );
});

pipelineTest("a stop at a time comes before the first transaction of it", async () => {
  const at = (gno: number): number => START_TIME + gno * 10;
  for (const [seconds, end] of [[at(2), 1], [at(2) - 9, 1], [at(2) + 1, 2], [at(4), 3]]) {
    assertEquals(
      await sizes(new StopAtTime(seconds!)),
      { stopped: true, files: { [FIRST]: one.ends[end!]! } },
      `stop at ${seconds}`,
    );
  }
  const found = await sizes(new StopAtTime(at(6)));
  assertEquals(found.files, { [FIRST]: one.file.position, [SECOND]: two.ends[1]! });
  assertEquals((await sizes(new StopAtTime(at(100)))).stopped, false);
});

pipelineTest("a stop at a GTID set comes with the transaction that makes it whole", async () => {
  for (const [set, end] of [[`${UUID}:1`, 1], [`${UUID}:3`, 3], [`${UUID}:1-2`, 2]] as const) {
    assertEquals(
      await sizes(new StopAtGtid(set)),
      { stopped: true, files: { [FIRST]: one.ends[end]! } },
      set,
    );
  }
  const far = await sizes(new StopAtGtid(`${UUID}:2:6`));
  assertEquals(far.files, { [FIRST]: one.file.position, [SECOND]: two.ends[2]! });
  for (const never of [`${UUID}:8`, `${UUID}:tag:1`, `1${UUID.slice(1)}:1`]) {
    assertEquals((await sizes(new StopAtGtid(never))).stopped, false, never);
  }
});

pipelineTest("a stop at a GTID set that is held from the start stores no transaction", async () => {
  const held = new HeldGtids();
  held.mysql = GtidSet.parse(`${UUID}:1-9`);
  const stop = new StopAtGtid(`${UUID}:1-5`, held);
  assert(stop.satisfied);
  assertEquals((await sizes(stop)).files, { [FIRST]: one.ends[0]! });
});

pipelineTest("a GTID set larger than a batch is read as a whole", async () => {
  const gaps = Array.from({ length: 80_000 }, (_, i) => 10 + 2 * i).join(":");
  const file = new FileBuilder(FIRST).format();
  const previous = encodeGtidSet(GtidSet.parse(`${UUID}:${gaps}`)).slice();
  assert(previous.length > BATCH_BYTES);
  file.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, previous);
  file.transaction(1);
  const end = file.position;
  file.transaction(2);
  const stream = dumpPackets([artificialRotate(FIRST), ...file.events]);
  const stop = new StopAtGtid(`${UUID}:1:${gaps}`);
  await withFolder(async (dir) => {
    const { state } = await runPipeline(dir, [stream], { stop });
    assertEquals([state.stopped, (await Deno.stat(`${dir}/${FIRST}`)).size], [true, end]);
  });
});

pipelineTest("a stop at a GTID set is not met within the transaction", async () => {
  const stop = new StopAtGtid(`${UUID}:1-4`);
  const events = [artificialRotate(FIRST), ...one.file.events.slice(0, -2)];
  assertEquals((await sizes(stop, [dumpPackets(events)])).stopped, false);
  assertEquals(stop.satisfied, false);
});

/** A MariaDB transaction: GTID of a domain, one row event, XID. */
function mariadbTransaction(file: FileBuilder, domain: number, sequence: number): number {
  const body = new Uint8Array(19);
  const view = new DataView(body.buffer);
  view.setBigUint64(0, BigInt(sequence), true);
  view.setUint32(8, domain, true);
  file.add(EVENT_TYPE.GTID_EVENT, body);
  file.add(EVENT_TYPE.WRITE_ROWS_EVENT_V1, new Uint8Array(30));
  return file.add(EVENT_TYPE.XID_EVENT, new Uint8Array(8)).position;
}

pipelineTest("a stop at a MariaDB position waits for every domain", async () => {
  const file = new FileBuilder(FIRST).format("11.8.2-MariaDB");
  file.add(EVENT_TYPE.GTID_LIST_EVENT, new Uint8Array(4));
  const ends = [[0, 10], [1, 1], [0, 11], [1, 2], [0, 12]].map(([domain, sequence]) =>
    mariadbTransaction(file, domain!, sequence!)
  );
  const stream = dumpPackets([artificialRotate(FIRST), ...file.events]);
  for (
    const [text, end] of [["0-1-10", 0], ["0-1-11", 2], ["1-1-2,0-1-10", 3], ["0-1-12", 4]] as const
  ) {
    await withFolder(async (dir) => {
      const { state } = await runPipeline(dir, [stream], { stop: new StopAtGtid(text) });
      assertEquals([state.stopped, (await Deno.stat(`${dir}/${FIRST}`)).size], [true, ends[end]!]);
    });
  }
});

Deno.test("a GTID target is of the held kind, or refused", () => {
  const held = new HeldGtids();
  held.mysql = new GtidSet();
  assertThrows(() => new StopAtGtid("0-1-5", held).satisfied, FormatError);
  const mariadb = new HeldGtids();
  mariadb.mariadb = MariadbPosition.parse("0-1-5");
  assertThrows(() => new StopAtGtid(`${UUID}:1`, mariadb).satisfied, FormatError);
  assertEquals(new StopAtGtid("0-1-5", mariadb).satisfied, true);
  assertEquals(new StopAtGtid(`${UUID}:1`).satisfied, false);
  assertEquals(["0-1-5", " 1-2-3,0-1-1", `${UUID}:1`, "", "0-1"].map(isMariadbGtidText), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("every file is beyond one that the store has come to before", () => {
  const files = [FIRST, "c.000001", SECOND];
  const fresh = new StopAtPosition(FIRST, 4);
  assertEquals(fresh.beyond("c.000001"), false);
  assertEquals(files.map((file) => fresh.beyond(file)), [false, true, true]);
  const resumed = new StopAtPosition(FIRST, 4, true);
  assertEquals(files.map((file) => resumed.beyond(file)), [false, true, true]);
  assertEquals(new StopAtPosition(FIRST, 4, true).beyond("c.000001"), true);
});

Deno.test("positions beyond 2^32 and numbers of seven digits are compared as numbers", () => {
  const stop = new StopAtPosition("b.999999", 2 ** 33);
  assertEquals(["b.999998", "b.999999", "b.1000000"].map((file) => stop.beyond(file)), [
    false,
    false,
    true,
  ]);
  assertEquals(stop.after("b.999999", 2 ** 33 - 1), false);
  assertEquals(stop.after("b.999999", 2 ** 33), true);
  const event = makeEvent({ type: 0, body: new Uint8Array(0), checksum: false });
  const point = { file: "b.999999", position: 2 ** 33 - event.length, timestamp: 0 };
  const at = (endPosition: number): boolean =>
    stop.before({ ...point, endPosition, startsTransaction: true });
  assertEquals([at(2 ** 33), at(2 ** 33 + 1)], [false, true]);
});
