import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import type { EventStats, TransactionStats } from "../inspect/stats.ts";
import type { StatsTimeline, TimeSpan } from "../inspect/stats_timeline.ts";
import { formatTime } from "../inspect/format_time.ts";
import { formatBytes, formatCount } from "./format.ts";

const PLOT_ROWS = 8;
const PLOT_COLUMNS = 72;
/** Eighths of a character's height. */
const BARS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const TABLES_SHOWN = 20;
const MICROSECONDS = 1e6;

/** Lines of text in columns; the first column is left-aligned, the others right-aligned. */
function columns(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd()
  );
}

/** Events in a second: 0.02, 12.3k. */
function rate(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : formatCount(value);
}

function transactionRow(entry: TransactionStats): string[] {
  const { file, start, end, bytes, events, rows, gtid, seconds } = entry;
  return [
    `${printable(file)}:${start}-${end}`,
    formatBytes(bytes),
    String(events),
    String(rows),
    seconds === null ? "?" : `${seconds} s`,
    gtid ?? "no GTID",
  ];
}

/** Bytes over time, each column of characters as wide as a part of the whole time. */
function plot(timeline: StatsTimeline, { first, last }: TimeSpan, utc: boolean): string[] {
  const span = last - first + 1;
  const width = Math.min(PLOT_COLUMNS, Math.max(1, Math.ceil(span / timeline.width)));
  const sums = new Array<number>(width).fill(0);
  for (const { time, bytes } of timeline.buckets()) {
    if (time > last || time + timeline.width <= first) continue;
    const column = Math.floor(((Math.max(time, first) - first) / span) * width);
    sums[Math.min(width - 1, column)]! += bytes;
  }
  const most = Math.max(...sums, 1);
  const lines: string[] = [];
  for (let row = PLOT_ROWS - 1; row >= 0; row--) {
    const bars = sums.map((sum) => {
      const eighths = Math.round((sum / most) * PLOT_ROWS * 8) - row * 8;
      // What is not zero is seen.
      const least = row === 0 && sum > 0 ? 1 : 0;
      return BARS[Math.max(least, Math.min(8, eighths))]!;
    });
    lines.push(`  ${bars.join("")}`.trimEnd());
  }
  const perColumn = Math.max(1, Math.round(span / width));
  lines.push(`  ${"-".repeat(width)}`);
  lines.push(
    `  from ${formatTime(first * MICROSECONDS, utc)}, ${perColumn} s a column, ` +
      `at most ${formatBytes(most)} in one`,
  );
  return lines;
}

/** From when to when, how many a second, and what lies at quite another time. */
function spanText(span: TimeSpan, timeline: StatsTimeline, utc: boolean): string[] {
  const { first, last, events, bytes } = span;
  const seconds = last - first + 1;
  const lines = [
    `${formatTime(first * MICROSECONDS, utc)} to ${formatTime(last * MICROSECONDS, utc)}: ` +
    `${rate(events / seconds)} events/s, ${formatBytes(Math.round(bytes / seconds))}/s`,
  ];
  const others = timeline.events - events;
  if (others > 0) lines.push(`${others} events more than a year away are left out of these times`);
  return lines;
}

/** Statistics for people; with `terminal` a plot of bytes over time too. */
export function statsText(
  stats: EventStats,
  options: { utc: boolean; terminal: boolean },
): string {
  const lines: string[] = [];
  const { events, transactions } = stats;
  const span = stats.timeline.span();
  lines.push(
    `${events} events, ${formatBytes(stats.bytes)}, ${transactions} transactions, ` +
      `${stats.rows} rows`,
  );
  if (span) lines.push(...spanText(span, stats.timeline, options.utc));
  if (transactions > 0) {
    lines.push(
      `${formatBytes(Math.round(stats.transactionBytes / transactions))} a transaction on average`,
    );
  }
  const section = (title: string, rows: string[][]): void => {
    if (rows.length > 1) lines.push("", title, ...columns(rows).map((line) => `  ${line}`));
  };
  section("Tables, the largest first:", [
    ["table", "inserts", "updates", "deletes", "events", "bytes"],
    ...stats.tables.slice(0, TABLES_SHOWN).map((entry) => [
      printable(entry.table),
      String(entry.inserts),
      String(entry.updates),
      String(entry.deletes),
      String(entry.events),
      formatBytes(entry.bytes),
    ]),
  ]);
  if (stats.tables.length > TABLES_SHOWN) {
    lines.push(`  and ${stats.tables.length - TABLES_SHOWN} more: see --json`);
  }
  const head = ["transaction", "bytes", "events", "rows", "time", "gtid"];
  section("Largest transactions:", [head, ...stats.largest.map(transactionRow)]);
  section("Longest transactions:", [head, ...stats.longest.map(transactionRow)]);
  section("Event types:", [
    ["type", "events", "bytes"],
    ...stats.types.map(({ type, events, bytes }) => [type, String(events), formatBytes(bytes)]),
  ]);
  if (options.terminal && span) {
    lines.push("", "Bytes over time:", ...plot(stats.timeline, span, options.utc));
  }
  return lines.join("\n") + "\n";
}

/** Statistics as JSON, one object a line. */
export function statsJson(stats: EventStats): string {
  const lines: unknown[] = stats.tables.map((entry) => ({ kind: "table", ...entry }));
  lines.push(...stats.largest.map((entry) => ({ kind: "largest_transaction", ...entry })));
  lines.push(...stats.longest.map((entry) => ({ kind: "longest_transaction", ...entry })));
  lines.push(...stats.types.map((entry) => ({ kind: "type", ...entry })));
  lines.push(
    ...stats.timeline.buckets().map((bucket) => ({
      kind: "time",
      ...bucket,
      seconds: stats.timeline.width,
      events_per_second: bucket.events / stats.timeline.width,
    })),
  );
  const span = stats.timeline.span();
  lines.push({
    kind: "totals",
    events: stats.events,
    bytes: stats.bytes,
    transactions: stats.transactions,
    transaction_bytes: stats.transactionBytes,
    rows: stats.rows,
    first_time: span?.first ?? 0,
    last_time: span?.last ?? 0,
    events_of_other_times: stats.timeline.events - (span?.events ?? 0),
  });
  return lines.map((line) => jsonText(line) + "\n").join("");
}
