import { parseBinlogFileName } from "../store/file_name.ts";
import { StoreError } from "../errors.ts";
import { FILE_INDEX } from "../store/file_summary_index.ts";
import { readIndexFile, writeIndexFile } from "../store/index_file.ts";
import { withIndexLock } from "../store/index_lock.ts";
import { keepAccess } from "../store/keep_access.ts";
import { openAnew } from "../store/open_anew.ts";
import { openInPlace } from "../store/open_in_place.ts";
import { LOCK_FILE, StoreLock } from "../store/store_lock.ts";
import { readState, STATE_FILE, writeState } from "../store/store_state.ts";
import { syncDirectory } from "../store/sync_directory.ts";
import type { BinlogFolder, BinlogSeries } from "./binlog_folder.ts";
import { indexSeries } from "./list_files.ts";
import { FileVerifier } from "./verify_file.ts";
import { storeStep } from "../store/store_step.ts";
import { type Finding, finding } from "./verify_finding.ts";
import { findLeftovers } from "./verify_store.ts";
import { Turns } from "../turns.ts";

const STEP = 16 * 1024 * 1024;
const COPY_SIZE = 1024 * 1024;

/**
 * Rebuilds what can be rebuilt of a store from its binlogs: index, state, summaries; cuts an incomplete
 * event, or zeros, off the end of the newest file after copying it aside. What was done is told as findings.
 * Damage in the middle of files is left alone: only the source has those bytes.
 *
 * @throws {StoreError} where it is no store, a dump is at work in it, or the operating system refuses
 *   something.
 */
export async function repairStore(
  folder: BinlogFolder,
  series: BinlogSeries,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { dir } = folder;
  if (!folder.isStore) {
    throw new StoreError(`${dir} is no store of binlogd; it is not written to`, { file: dir });
  }
  const lock = await storeStep("lock", `${dir}/${LOCK_FILE}`, () => StoreLock.take(dir));
  try {
    const done: Finding[] = [];
    const say = (message: string, file: string, position?: number): void => {
      done.push(finding("repaired", message, { file, ...(position ? { position } : {}) }));
    };
    for (const { file } of await storeStep("look into", dir, () => findLeftovers(dir))) {
      const path = `${dir}/${file}`;
      await storeStep("remove", path, () => Deno.remove(path));
      say("removed what an interruption left behind", file!);
    }
    const index = `${dir}/${series.base}.index`;
    await storeStep("repair", index, () => repairIndex(dir, series, say));
    const newest = series.files[series.files.length - 1];
    if (newest !== undefined) {
      const path = `${dir}/${newest}`;
      const end = await storeStep("repair", path, () => cutTornEnd(dir, newest, signal, say));
      const state = `${dir}/${STATE_FILE}`;
      await storeStep("repair", state, () => repairState(dir, series, newest, end, say));
    }
    await Deno.remove(`${dir}/${FILE_INDEX}`).catch(() => {});
    await Deno.remove(`${dir}/${FILE_INDEX}.points`).catch(() => {});
    await Deno.remove(`${dir}/${FILE_INDEX}.new`).catch(() => {});
    await storeStep("read", dir, () => indexSeries(folder, series, { signal }));
    return done;
  } finally {
    lock.release();
  }
}

type Say = (message: string, file: string, position?: number) => void;

async function repairIndex(dir: string, series: BinlogSeries, say: Say): Promise<void> {
  if (series.index !== undefined && series.unlisted.length === 0) return;
  await withIndexLock(dir, async () => {
    const listed = series.index ? await readIndexFile(`${dir}/${series.index}`) : [];
    const gone = new Set(series.missing);
    const names = [...series.files];
    for (const [i, name] of listed.entries()) {
      if (gone.has(name)) names.splice(placeOf(name, names, listed[i - 1]), 0, name);
    }
    await writeIndexFile(dir, names);
    const what = series.index ? `added ${series.unlisted.join(", ")}` : "made it anew";
    say(what, `${series.base}.index`);
  });
}

/** Where a file that is gone belongs: by its number, else behind the one that it was listed behind. */
function placeOf(name: string, names: string[], listedBefore: string | undefined): number {
  const { base, sequence } = parseBinlogFileName(name)!;
  const sequences = names.map((other) => {
    const parsed = parseBinlogFileName(other)!;
    return parsed.base === base ? parsed.sequence : NaN;
  });
  const older = sequences.findLastIndex((other) => other < sequence);
  if (older >= 0) return older + 1;
  const newer = sequences.findIndex((other) => other > sequence);
  return newer >= 0 ? newer : names.indexOf(listedBefore ?? "") + 1;
}

/** Cuts what is not a whole event off the end of a file; returns the end then. */
async function cutTornEnd(
  dir: string,
  name: string,
  signal: AbortSignal,
  say: Say,
): Promise<number> {
  using file = openInPlace(`${dir}/${name}`, { read: true, write: true });
  const verifier = new FileVerifier(file, name);
  const turns = new Turns();
  while (verifier.run(STEP)) {
    await turns.give();
    signal.throwIfAborted();
  }
  const { size } = await file.stat();
  const position = verifier.tornAt;
  if (position === undefined) {
    return verifier.end === "unknown" ? size : verifier.scan.scanner.endPosition;
  }
  const aside = `binlogd.torn.${name}.${position}`;
  const copy = `${dir}/${aside}`;
  await storeStep("write", copy, () => copyAside(file, position, copy));
  syncDirectory(dir);
  await file.truncate(position);
  await file.sync();
  const what = verifier.zeros ? "zeros" : "an incomplete event";
  say(`cut ${size - position} bytes of ${what}, kept in ${aside}`, name, position);
  return position;
}

async function copyAside(file: Deno.FsFile, from: number, path: string): Promise<void> {
  using target = openAnew(path);
  await keepAccess(path, target);
  const buffer = new Uint8Array(COPY_SIZE);
  await file.seek(from, Deno.SeekMode.Start);
  for (;;) {
    const size = await file.read(buffer);
    if (!size) break;
    for (let done = 0; done < size;) done += await target.write(buffer.subarray(done, size));
  }
  await target.sync();
}

async function repairState(
  dir: string,
  series: BinlogSeries,
  newest: string,
  end: number,
  say: Say,
): Promise<void> {
  const state = await readState(dir);
  const right = state && series.files.includes(state.file) &&
    (state.file !== newest || state.durable <= end);
  if (right) return;
  using file = await Deno.open(`${dir}/${newest}`, { read: true });
  await file.sync();
  await writeState(dir, { format: 1, file: newest, durable: end, time: new Date().toISOString() });
  const before = state ? `; it was durable up to ${state.file}:${state.durable}` : "";
  const acked = state?.acked
    ? `, and acknowledged to the source up to ${state.acked.file}:${state.acked.position}`
    : "";
  say(`set to ${newest}:${end}${before}${acked}`, STATE_FILE);
}
