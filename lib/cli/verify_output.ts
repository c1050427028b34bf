import { printable } from "../binlog/values/printable.ts";
import { formatTime } from "../inspect/format_time.ts";
import type { FileReport } from "../inspect/verify_file.ts";
import type { Finding } from "../inspect/verify_finding.ts";
import type { VerifyReport } from "../inspect/verify_folder.ts";
import { formatBytes, formatCount, formatSeconds } from "./format.ts";

/** Counts of what was found. */
export interface VerifyTotals {
  files: number;
  events: number;
  transactions: number;
  bytes: number;
  faults: number;
  warnings: number;
  notes: number;
}

/** Adds up a report. */
export function totalsOf({ files, findings }: VerifyReport): VerifyTotals {
  const all = [...findings, ...files.flatMap((file) => file.findings)];
  const count = (severity: string): number =>
    all.filter((found) => found.severity === severity).length;
  const sum = (pick: (report: FileReport) => number): number =>
    files.reduce((total, report) => total + pick(report), 0);
  return {
    files: files.length,
    events: sum(({ events }) => events),
    transactions: sum(({ transactions }) => transactions),
    bytes: sum(({ size }) => size),
    faults: count("fault"),
    warnings: count("warning"),
    notes: count("note"),
  };
}

/** A finding as one line; the file's name is left out where it stands above. */
export function findingLine(found: Finding, file?: string): string {
  const { severity, code, message, position, expected } = found;
  const label = severity === "fault" ? "FAULT" : severity;
  const name = found.file !== undefined && found.file !== file ? found.file : undefined;
  const at = position === undefined ? name ?? "" : name ? `${name}:${position}` : `at ${position}`;
  const parts = [label, at, `${message} [${code}]`].filter((part) => part !== "");
  const tail = [
    expected === undefined ? undefined : `expected ${expected}`,
    found.found === undefined ? undefined : `found ${found.found}`,
  ].filter((part) => part !== undefined).join(", ");
  return printable(`${parts.join(" ")}${tail ? `: ${tail}` : ""}`);
}

function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** The lines about one file: what is in it, and what was found. */
export function fileLines(report: FileReport, utc: boolean): string {
  const { file, size, events, transactions, firstTime, lastTime, findings, omitted } = report;
  const faults = findings.filter(({ severity }) => severity === "fault").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  const verdict = faults > 0 ? "BAD" : warnings > 0 ? "good, with warnings" : "good";
  const seconds = (time: number): string => formatTime(Math.floor(time / 1e6) * 1e6, utc);
  const parts = [
    printable(file),
    plural(events, "event"),
    plural(transactions, "transaction"),
    formatBytes(size),
    ...(events > 0 ? [`${seconds(firstTime)} to ${seconds(lastTime)}`] : []),
    verdict,
  ];
  const lines = [parts.join("  "), ...findings.map((found) => `  ${findingLine(found, file)}`)];
  if (omitted > 0) lines.push(`  and ${omitted} more like these`);
  return lines.join("\n") + "\n";
}

/** The line about all files. */
export function totalsLine(totals: VerifyTotals, seconds: number): string {
  const { files, events, transactions, bytes, faults, warnings } = totals;
  const rate = seconds > 0.01 ? `, ${formatBytes(bytes / seconds)}/s` : "";
  return `${plural(files, "file")}, ${plural(events, "event")}, ` +
    `${plural(transactions, "transaction")}, ${formatBytes(bytes)} in ${
      seconds < 10 ? `${seconds.toFixed(2)} s` : formatSeconds(seconds)
    }` +
    `${rate}: ${plural(faults, "fault")}, ${plural(warnings, "warning")}\n`;
}

/** The JSON object about one file. */
export function fileJson(report: FileReport): Record<string, unknown> {
  const iso = (time: number): string | null =>
    time > 0 ? new Date(time / 1000).toISOString() : null;
  return {
    kind: "file",
    file: report.file,
    good: !report.findings.some(({ severity }) => severity === "fault"),
    size: report.size,
    verified: report.verified,
    events: report.events,
    transactions: report.transactions,
    first_time: iso(report.firstTime),
    last_time: iso(report.lastTime),
    server_version: report.serverVersion ?? null,
    in_use: report.inUse,
    findings: report.findings,
    findings_omitted: report.omitted,
  };
}
