import { StoreError, StoreIoError } from "../errors.ts";
import { readIdentity, type StoreIdentity } from "../store/identity.ts";
import { readStoreText } from "../store/read_store_text.ts";
import { STATE_FILE, type StoreState } from "../store/store_state.ts";
import type { BinlogSeries } from "./binlog_folder.ts";
import { PURGED } from "./remove_purged.ts";
import type { FileReport } from "./verify_file.ts";
import { type Finding, finding } from "./verify_finding.ts";

const TMP = /^(?:binlogd\..*|.*\.index)\.tmp$/;

/** Reads the identity of a store for verify; what is wrong with it becomes a finding. */
export async function verifyIdentity(
  dir: string,
  add: (found: Finding) => void,
): Promise<StoreIdentity | undefined> {
  const file = "binlogd.identity.json";
  try {
    const identity = await readIdentity(dir);
    if (!identity) {
      add(finding("identity", "missing: the store no longer knows its source", { file }));
      return undefined;
    }
    for (const era of identity.eras) {
      if (era.begun) {
        const message = `era ${era.number} is begun, and its files are not all in ${era.folder}: ` +
          "the next dump moves the rest";
        add(finding("leftover", message, { file }));
        continue;
      }
      const there = await Deno.stat(`${dir}/${era.folder}`).then(() => true, () => false);
      if (!there) add(finding("missing-file", `the folder of era ${era.number} is gone`, { file }));
    }
    return identity;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    add(finding("identity", error.message, { file }));
    return undefined;
  }
}

/** Compares the index of a folder with what is there. */
export function verifyIndex(series: BinlogSeries, inStore: boolean): Finding[] {
  const found: Finding[] = [];
  const file = series.index ?? `${series.base}.index`;
  for (const name of series.missing) {
    found.push(finding("missing-file", `${name} is in the index, but not in the folder`, { file }));
  }
  if (inStore && series.index === undefined) {
    found.push(finding("index", "missing", { file }));
    return found;
  }
  for (const name of series.unlisted) {
    found.push(finding("unlisted", `${name} is in the folder, but not in the index`, { file }));
  }
  return found;
}

/** @throws {StoreIoError} where it can't be read, which says nothing of what is in it. */
async function readRawState(dir: string): Promise<StoreState | "missing" | "damaged"> {
  const text = await readStoreText(`${dir}/${STATE_FILE}`);
  if (text === undefined) return "missing";
  try {
    const state = JSON.parse(text) as StoreState;
    return state?.format === 1 && typeof state.durable === "number" &&
        typeof state.file === "string"
      ? state
      : "damaged";
  } catch {
    return "damaged";
  }
}

/**
 * Compares what the state of a store promises with its files: what was durable or acknowledged
 * once must still be there.
 */
export async function verifyState(
  dir: string,
  reports: readonly FileReport[],
  held: boolean,
): Promise<Finding[]> {
  const file = STATE_FILE;
  let state: Awaited<ReturnType<typeof readRawState>>;
  try {
    state = await readRawState(dir);
  } catch (error) {
    if (!(error instanceof StoreIoError)) throw error;
    return [finding("state", `can't be read: ${error.message}`, { file })];
  }
  if (state === "damaged") return [finding("state", "can't be understood", { file })];
  if (state === "missing") {
    if (reports.length === 0 || held) return []; // a dump writes it within a second
    return [finding("state-missing", "missing; the next dump writes it", { file })];
  }
  const found: Finding[] = [];
  const check = (name: string, position: number, what: string): void => {
    const report = reports.find((entry) => entry.file === name);
    if (!report) {
      const message = `${name} was ${what} up to ${position} and is gone`;
      found.push(finding("state", message, { file: name, position }));
    } else if (report.verified < position && report.size < position) {
      found.push(finding("state", `ends before ${position}, up to which it was ${what}`, {
        file: name,
        position: report.size,
        expected: String(position),
        found: String(report.size),
      }));
    }
  };
  check(state.file, state.durable, "durable");
  // A dump runs beside us, so files may be longer than the state says, never shorter.
  const { acked } = state;
  if (acked) check(acked.file, acked.position, "acknowledged to the source");
  return found;
}

/** Files that an interrupted write of the store's own files, or a purge, left behind. */
export async function findLeftovers(dir: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const entry of Deno.readDir(dir)) {
    const purged = entry.name.startsWith(PURGED);
    if (!purged && !TMP.test(entry.name)) continue;
    const message = purged
      ? "being removed by a purge, or left behind by one that was interrupted: the next removes it"
      : "left behind by a write that was interrupted";
    found.push(finding("leftover", message, { file: entry.name }));
  }
  return found;
}
