import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import { StoreError, UsageError } from "../errors.ts";
import { formatTime } from "../inspect/format_time.ts";
import { lastArchived } from "../inspect/last_archived.ts";
import { purgeFiles } from "../inspect/purge_files.ts";
import { planPurge, type PurgeRequest } from "../inspect/purge_plan.ts";
import { removePurged } from "../inspect/remove_purged.ts";
import { splitIndex } from "../inspect/split_index.ts";
import { StoreLock } from "../store/store_lock.ts";
import { tellHolesOf } from "../store/tell_holes.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { FOLDER_OPTIONS, openIndexedFolder } from "./folder_options.ts";
import { formatBytes } from "./format.ts";
import { KEEP_WHILE_DUMPING } from "./keep_while_dumping.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

/** `binlogd purge`: make room in a store. */
export const purge: Command = {
  name: "purge",
  summary: "remove the oldest files of a store",
  usage: [
    "purge --dir DIR --to FILE [--dry-run]",
    "purge --dir DIR --before TIME [--keep N] [--dry-run]",
  ],
  description: `
Removes whole files from the front of a store, as PURGE BINARY LOGS does on a server: first from the
index, then from the folder. Never the newest file, and no file that --on-close has not run for yet,
where that is in use. A dump may run meanwhile. What is removed is gone: look with --dry-run first.

Exit status: 0, also when there was nothing to remove; 6 when it may not or can not be done.`,
  options: {
    dir: { type: "string", value: "DIR", short: "d", help: "Folder of the store." },
    to: { type: "string", value: "FILE", help: "First file that stays.", commandLineOnly: true },
    before: {
      type: "time",
      value: "TIME",
      help:
        "Remove files whose transactions were all committed before TIME; local time, or with Z or " +
        "an offset.",
    },
    keep: { type: "integer", value: "N", help: "Keep at least the N newest files." },
    "dry-run": { type: "flag", help: "Only say what would be removed." },
    "ignore-on-close": {
      type: "flag",
      help: "Remove files that --on-close has not run for, too.",
    },
    json: FOLDER_OPTIONS.json!,
    utc: FOLDER_OPTIONS.utc!,
  },
  examples: [
    {
      command: "binlogd purge --dir ./binlogs --before 2026-11-01 --keep 10 --dry-run",
      what: "What would go, and how much room that makes.",
    },
    {
      command: "binlogd purge --dir ./binlogs --to binlog.000042",
      what: "Keeps 42 and all after it.",
    },
  ],
  run: runPurge,
};

function readRequest(options: OptionValues): PurgeRequest {
  const to = options.to as string | undefined;
  const before = options.before as Date | undefined;
  const keep = (options.keep as number | undefined) ?? 1;
  if ((to === undefined) === (before === undefined)) {
    throw new UsageError("Say what to purge", { expected: "one of --to and --before" });
  }
  if (keep < 1) throw new UsageError(`Cannot use --keep=${keep}`, { expected: "at least 1" });
  return {
    keep,
    ...(to === undefined ? {} : { to: to.split("/").pop()! }),
    ...(before === undefined ? {} : { before: before.getTime() * 1000 }),
  };
}

async function runPurge(context: CommandContext): Promise<number> {
  const { options, positionals, stdout } = context;
  const request = readRequest(options);
  if (positionals.length > 1) throw unexpectedArgument(positionals[1]!);
  const { folder, series, indexed } = await openIndexedFolder(context, positionals[0]);
  if (!folder.isStore || series.index === undefined) {
    throw new StoreError(`${folder.dir} is no store of binlogd`, {
      file: folder.dir,
      hint: "on a server: PURGE BINARY LOGS",
    });
  }
  await tellHolesOf(folder, context.log);
  if (await StoreLock.isHeld(folder.dir)) {
    request.keep = Math.max(request.keep, KEEP_WHILE_DUMPING);
  }
  const archived = options["ignore-on-close"] === true ? undefined : await lastArchived(folder.dir);
  if (archived !== undefined) request.archived = archived;
  const plan = planPurge(indexed.files, request);
  const dryRun = options["dry-run"] === true;
  const names = plan.remove.map(({ file }) => file);
  if (names.length > 0 && !dryRun) {
    const { dir } = folder;
    const { index } = series;
    const { keep } = await purgeFiles(dir, () => splitIndex(dir, index, names));
    indexed.index.keepOnly(keep);
    await indexed.index.save();
  } else if (!dryRun) {
    const files = await removePurged(folder.dir);
    if (files > 0) context.log.info("removed what an interrupted purge had left", { files });
  }
  const bytes = plan.remove.reduce((sum, { size }) => sum + size, 0);
  if (options.json === true) {
    const result = { removed: names, bytes, first: plan.first, dry_run: dryRun };
    stdout(jsonText({ ...result, held_back: plan.heldBack ?? null }) + "\n");
    return 0;
  }
  const verb = dryRun ? "would remove" : "removed";
  for (const entry of plan.remove) {
    const last = "summary" in entry
      ? `  last transaction ${formatTime(entry.summary.lastTime, options.utc === true)}`
      : "";
    stdout(`${verb} ${printable(entry.file)}  ${formatBytes(entry.size)}${last}\n`);
  }
  const rest = plan.heldBack ? `; ${plan.heldBack}` : "";
  stdout(
    `${verb} ${names.length === 1 ? "1 file" : `${names.length} files`}, ${
      formatBytes(bytes)
    }; the first one is now ${printable(plan.first)}${rest}\n`,
  );
  return 0;
}
