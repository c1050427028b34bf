/** What a dump that has stopped inside a transaction leaves of it. */
import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { cutUnfinished } from "../../lib/cli/dump_cut_unfinished.ts";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import { readState } from "../../lib/store/store_state.ts";
import type { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile } from "../server/_local.ts";

const NAME = "binlog.000001";

function rows(file: FileBuilder): FileBuilder {
  return file.add(EVENT_TYPE.WRITE_ROWS_EVENT, new Uint8Array(50));
}

const file = beginFile(NAME, "").transaction(1);
const whole = file.position;
const part = rows(file.gtid(2).query("BEGIN")).position;
const end = rows(file).position;

/** Cuts a file in a store that held `before` of it; returns size and what is recorded as durable. */
async function cut(
  bytes: Uint8Array,
  before?: { file: string; eventEnd: number },
  acked?: { file: string; position: number },
): Promise<{ size: number; durable: number | undefined; known: number | undefined }> {
  let found;
  await withFolder(async (dir) => {
    await Deno.writeFile(`${dir}/${NAME}`, bytes);
    const store = await Store.open({ dir, log: new Logger({ write: () => {} }) });
    await store.recordState(acked);
    await cutUnfinished(store, before);
    const { size } = await Deno.stat(`${dir}/${NAME}`);
    const state = await readState(dir);
    assertEquals(state?.acked, acked);
    assertEquals(store.end.position(), { file: NAME, written: size, durable: size });
    found = { size, durable: state?.durable, known: store.last?.eventEnd };
    store.close();
  });
  return found!;
}

function at(position: number): { size: number; durable: number; known: number } {
  return { size: position, durable: position, known: position };
}

Deno.test("an unfinished transaction goes where the dump has begun it", async () => {
  assertEquals(await cut(file.bytes()), at(whole));
  assertEquals(await cut(file.bytes(), { file: NAME, eventEnd: whole }), at(whole));
  assertEquals(await cut(file.bytes(), { file: "binlog.000000", eventEnd: end }), at(whole));
  const empty = beginFile(NAME, "");
  assertEquals(await cut(rows(beginFile(NAME, "").gtid(1)).bytes()), at(empty.position));
});

Deno.test("what was there before the dump, or is acknowledged, stays", async () => {
  assertEquals(await cut(file.bytes(), { file: NAME, eventEnd: part }), at(part));
  assertEquals(await cut(file.bytes(), { file: NAME, eventEnd: end }), at(end));
  assertEquals(await cut(file.bytes(), undefined, { file: NAME, position: part }), at(part));
});

Deno.test("a file that ends with a whole transaction, or closed, is left as it is", async () => {
  const done = beginFile(NAME, "").transaction(1);
  assertEquals(await cut(done.bytes()), at(done.position));
  assertEquals(await cut(done.rotate("binlog.000002").bytes()), at(done.position));
  assertEquals(await cut(beginFile(NAME, "").bytes()), at(beginFile(NAME, "").position));
  const crashed = rows(beginFile(NAME, "").gtid(1)).rotate("binlog.000002");
  assertEquals(await cut(crashed.bytes()), at(crashed.position));
});
