import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import type { FoundTransaction } from "../inspect/find_scan.ts";
import type { RecoveryCommands } from "../inspect/find_recovery.ts";
import { formatTime } from "../inspect/format_time.ts";

/** One answer as a line: where, when, which. */
export function foundLine(transaction: FoundTransaction, utc: boolean): string {
  const { file, start, end, gtid, time } = transaction;
  return `${printable(file)}:${start}-${end}  ${formatTime(time, utc)}  ${gtid ?? "no GTID"}\n`;
}

/** The commands that belong to an answer, with what they do. */
export function recoveryLines({ before, after, notes }: RecoveryCommands): string {
  return [
    before
      ? `To replay all up to just before it:\n  ${before}`
      : "Nothing is to be replayed before it.",
    ...(after ? [`To replay all behind it:\n  ${after}`] : []),
    ...notes.map(printable),
  ].join("\n") + "\n";
}

/** The JSON object of an answer. */
export function foundJson(
  transaction: FoundTransaction,
  commands: RecoveryCommands | undefined,
): string {
  const { file, start, end, gtid, time } = transaction;
  return jsonText({
    kind: "transaction",
    file,
    position: start,
    end_position: end,
    gtid: gtid ?? null,
    time: new Date(time / 1000).toISOString(),
    time_microseconds: time,
    ...(commands
      ? {
        replay_before: commands.before ?? null,
        replay_after: commands.after ?? null,
        notes: commands.notes,
      }
      : {}),
  }) + "\n";
}
