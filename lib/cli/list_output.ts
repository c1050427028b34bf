import { printable } from "../binlog/values/printable.ts";
import { formatTime } from "../inspect/format_time.ts";
import { isJustBegun, type ListedFile } from "../inspect/list_files.ts";
import type { StoreEra, StoreHole } from "../store/identity.ts";
import { formatBytes } from "./format.ts";

const GTIDS_WIDTH = 60;
const HEADINGS = ["file", "size", "transactions", "first", "last", "GTIDs added", "end"];
/** Columns that hold numbers. */
const RIGHT = new Set([1, 2]);

/** Whether a file is complete, and how. */
export function endOf(entry: ListedFile, newest: boolean): string {
  if (!("summary" in entry)) return isJustBegun(entry, newest) ? "empty" : "unreadable";
  const { closing, damage, end, size } = entry.summary;
  if (damage?.encrypted) return `encrypted from ${damage.position}`;
  if (damage) return `damaged at ${damage.position}`;
  if (closing !== "open") return "closed";
  if (end < size && !newest) return `torn at ${end}`;
  return newest ? "active" : "not closed";
}

function cells(entry: ListedFile, newest: boolean, utc: boolean): string[] {
  if (!("summary" in entry)) {
    const name = printable(entry.file);
    return [name, formatBytes(entry.size), "", "", "", "", endOf(entry, newest)];
  }
  const { summary } = entry;
  const seconds = (time: number): string =>
    time > 0 ? formatTime(Math.floor(time / 1e6) * 1e6, utc) : "";
  const { gtids } = summary;
  return [
    printable(entry.file),
    formatBytes(entry.size),
    String(summary.transactions),
    seconds(summary.firstTime),
    seconds(summary.lastTime),
    gtids.length > GTIDS_WIDTH ? `${gtids.slice(0, GTIDS_WIDTH - 1)}…` : gtids,
    endOf(entry, newest),
  ];
}

/** A table of files, with the holes between them. */
export function fileTable(
  files: readonly ListedFile[],
  holes: readonly StoreHole[],
  utc: boolean,
): string {
  const rows = files.map((entry, i) => cells(entry, i === files.length - 1, utc));
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (row: string[]): string =>
    row.map((cell, i) => RIGHT.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
      .join("  ").trimEnd();
  const lines = [line(HEADINGS)];
  for (const [i, row] of rows.entries()) {
    const hole = holes.find(({ nextFile }) => nextFile === files[i]!.file && i > 0);
    if (hole) lines.push(holeLine(hole));
    lines.push(line(row));
  }
  return lines.join("\n") + "\n";
}

function holeLine(hole: StoreHole): string {
  return printable(
    `  hole: ${hole.afterFile}:${hole.afterPosition} to ${hole.nextFile}: ${hole.reason} ` +
      `(accepted ${hole.time})`,
  );
}

/** The line about an earlier history. */
export function eraLine(era: StoreEra): string {
  const { number, folder, source, gtidSet, reason, time } = era;
  const from = source
    ? `${source.flavour} ${source.version} at ${source.address}`
    : "from an unknown source";
  const text = `era ${number} in ${folder}/: ${from}, up to ${gtidSet || "no GTID"}; ` +
    `ended ${time}: ${reason}`;
  return `${printable(text)}\n`;
}

/** The JSON object about a hole. */
export function holeJson(hole: StoreHole): Record<string, unknown> {
  return {
    kind: "hole",
    after_file: hole.afterFile,
    after_position: hole.afterPosition,
    next_file: hole.nextFile,
    reason: hole.reason,
    time: hole.time,
  };
}

/** The JSON object about an earlier history. */
export function eraJson({ number, folder, source, gtidSet, reason, time }: StoreEra): Record<
  string,
  unknown
> {
  return {
    kind: "era",
    number,
    folder,
    flavour: source?.flavour ?? null,
    server_version: source?.version ?? null,
    address: source?.address ?? null,
    server_id: source?.serverId ?? null,
    server_uuid: source?.serverUuid ?? null,
    gtid_set: gtidSet,
    reason,
    time,
  };
}

/** The JSON object about one file. */
export function fileJson(entry: ListedFile, newest: boolean): Record<string, unknown> {
  const end = endOf(entry, newest);
  if (!("summary" in entry)) {
    return { kind: "file", file: entry.file, size: entry.size, end, error: entry.error };
  }
  const { summary } = entry;
  const iso = (time: number): string | null =>
    time > 0 ? new Date(time / 1000).toISOString() : null;
  return {
    kind: "file",
    file: summary.file,
    size: entry.size,
    events: summary.events,
    transactions: summary.transactions,
    first_time: iso(summary.firstTime),
    last_time: iso(summary.lastTime),
    gtids_added: summary.gtids,
    end,
    next_file: summary.nextFile ?? null,
    flavour: summary.flavour,
    server_version: summary.serverVersion,
    server_id: summary.serverId,
    checksum: summary.checksum ? "CRC32" : "NONE",
    ...(summary.damage ? { damage: summary.damage } : {}),
  };
}
