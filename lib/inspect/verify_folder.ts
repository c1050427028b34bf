import { FILE_INDEX, FileIndex } from "../store/file_summary_index.ts";
import { LargeEventChecker } from "./large_event_checker.ts";
import { StoreLock } from "../store/store_lock.ts";
import { Turns } from "../turns.ts";
import { type BinlogFolder, type BinlogSeries, openBinlogFolder } from "./binlog_folder.ts";
import { StandardInput } from "./standard_input.ts";
import { ChainCheck } from "./verify_chain.ts";
import { checkEnding, type FilePlace } from "./verify_ending.ts";
import { type FileReport, FileVerifier } from "./verify_file.ts";
import { type Finding, finding } from "./verify_finding.ts";
import { checkSummary } from "./verify_summary.ts";
import { findLeftovers, verifyIdentity, verifyIndex, verifyState } from "./verify_store.ts";

/** Bytes that are read between looks at the clock and at signals. */
const STEP = 16 * 1024 * 1024;
/** How often, and how long apart, a torn end is read again to see whether it grows. */
const GROWTH_TRIES = 4;
const GROWTH_MS = 250;

/** Settings of {@link verifyFolder} and {@link verifyOneFile}. */
export interface VerifyOptions {
  signal: AbortSignal;
  /** Called for each file once it is read. */
  onFile?: (report: FileReport) => void;
  /** Called now and then with what was read so far. */
  onProgress?: (progress: { file: string; bytes: number }) => void;
}

/** What verify found in all. */
export interface VerifyReport {
  files: FileReport[];
  /** What is not about one binlog file: index, identity, state. */
  findings: Finding[];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs a verifier to the end of its file, or of an input that it reads. */
async function runToEnd(
  verifier: FileVerifier,
  place: FilePlace,
  options: VerifyOptions,
  input?: StandardInput,
): Promise<FileVerifier> {
  const turns = new Turns();
  const goOn = async (): Promise<boolean> => {
    if (verifier.run(STEP)) return true;
    return verifier.end !== "unknown" && await input?.more() === true;
  };
  const more = async (): Promise<void> => {
    for (;;) {
      const goesOn = await goOn();
      options.signal.throwIfAborted();
      if (!goesOn) return;
      await turns.give();
      const { file, endPosition: bytes } = verifier.scan.scanner;
      options.onProgress?.({ file, bytes });
    }
  };
  await more();
  // A server writes an event in several steps: give the end a moment to become whole.
  const growing = place.newest && (place.held || verifier.report.inUse);
  for (let i = 0; growing && i < GROWTH_TRIES && verifier.end === "torn"; i++) {
    await pause(GROWTH_MS);
    options.signal.throwIfAborted();
    await more();
  }
  return verifier;
}

/** Reads a file to its end, large events on another thread where that is worth it. */
async function verifyOpen(
  file: Deno.FsFile,
  path: string,
  name: string,
  place: FilePlace,
  options: VerifyOptions,
): Promise<FileVerifier> {
  const checker = LargeEventChecker.for(path, file.statSync().size);
  if (checker) {
    try {
      const verifier = await runToEnd(new FileVerifier(file, name, checker), place, options);
      if (await checker.finish(options.signal)) return verifier;
    } finally {
      checker.close();
    }
    file.seekSync(0, Deno.SeekMode.Start);
  }
  return await runToEnd(new FileVerifier(file, name), place, options);
}

async function verifyInput(
  name: string,
  place: FilePlace,
  options: VerifyOptions,
): Promise<FileVerifier> {
  const input = StandardInput.open("verify", options.signal);
  return await runToEnd(new FileVerifier(input, name), place, options, input);
}

async function verifyPath(
  path: string,
  name: string,
  place: FilePlace,
  chain: ChainCheck,
  options: VerifyOptions,
  index?: FileIndex,
): Promise<FileReport> {
  let file: Deno.FsFile | undefined;
  try {
    file = path === "-" ? undefined : Deno.openSync(path, { read: true });
  } catch (error) {
    const verifier = new FileVerifier({ readSync: () => null }, name);
    verifier.add(finding("unreadable", (error as Error).message, { file: name }));
    const report = verifier.finish(0);
    options.onFile?.(report);
    return report;
  }
  try {
    const verifier = file
      ? await verifyOpen(file, path, name, place, options)
      : await verifyInput(name, place, options);
    checkEnding(verifier, place);
    const { torn, endPosition } = verifier.scan.scanner;
    const end = torn ? torn.position + torn.available : endPosition;
    const stat = file?.statSync();
    const report = verifier.finish(Math.max(stat?.size ?? end, end));
    const info = stat && { size: stat.size, mtime: stat.mtime?.getTime() ?? 0 };
    const summary = info && index?.current(name, info);
    if (summary) checkSummary(verifier, summary);
    chain.next(verifier);
    options.onFile?.(report);
    return report;
  } finally {
    file?.close();
  }
}

/** Checks every file of a series, and in a store what was written beside them. */
export async function verifyFolder(
  folder: BinlogFolder,
  series: BinlogSeries,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { dir, isStore } = folder;
  const findings: Finding[] = [];
  const identity = isStore ? await verifyIdentity(dir, (entry) => findings.push(entry)) : undefined;
  findings.push(...verifyIndex(series, isStore));
  const chain = new ChainCheck(identity?.holes);
  const fileIndex = isStore ? FileIndex.open(`${dir}/${FILE_INDEX}`) : undefined;
  const files: FileReport[] = [];
  let held = false;
  for (const [index, name] of series.files.entries()) {
    options.signal.throwIfAborted();
    // Before a hole that was accepted the dump left off as at the end of the store.
    const last = index === series.files.length - 1;
    const newest = last || (identity?.holes.some(({ afterFile }) => afterFile === name) ?? false);
    held = last && isStore && await StoreLock.isHeld(dir);
    const place = { newest, inStore: isStore, held };
    files.push(await verifyPath(`${dir}/${name}`, name, place, chain, options, fileIndex));
  }
  if (isStore) findings.push(...await verifyState(dir, files, held), ...await findLeftovers(dir));
  return { files, findings };
}

/** Checks one file, or standard input for `-`. */
export async function verifyOneFile(path: string, options: VerifyOptions): Promise<VerifyReport> {
  const slash = path.lastIndexOf("/");
  const dir = slash < 0 ? "." : path.slice(0, slash) || "/";
  const name = path === "-" ? "standard input" : path.slice(slash + 1);
  const folder = path === "-" ? undefined : await openBinlogFolder(dir).catch(() => undefined);
  const series = folder?.series.find(({ files }) => files.includes(name));
  const newest = series === undefined || series.files[series.files.length - 1] === name;
  const inStore = folder?.isStore === true && series !== undefined;
  const held = newest && inStore && await StoreLock.isHeld(dir);
  const place = { newest, inStore, held };
  const report = await verifyPath(path, name, place, new ChainCheck(), options);
  return { files: [report], findings: [] };
}
