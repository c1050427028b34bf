import { jsonText } from "../binlog/values/json_text.ts";
import { StoreError, UsageError } from "../errors.ts";
import { chooseSeries, openBinlogFolder, openBinlogPath } from "../inspect/binlog_folder.ts";
import type { FileReport } from "../inspect/verify_file.ts";
import type { Finding } from "../inspect/verify_finding.ts";
import {
  verifyFolder,
  verifyOneFile,
  type VerifyOptions,
  type VerifyReport,
} from "../inspect/verify_folder.ts";
import type { Command, CommandContext } from "./command.ts";
import { formatBytes } from "./format.ts";
import { isFromFiles } from "./is_from_files.ts";
import { ProgressLine } from "./progress.ts";
import { SOURCE_OPTIONS } from "./source_options.ts";
import { fileJson, fileLines, findingLine, totalsLine, totalsOf } from "./verify_output.ts";
import { writeWhileOpen } from "./write_while_open.ts";

const EXIT_FAULTS = 1;

/** `binlogd verify`: whether binlog files are whole. */
export const verify: Command = {
  name: "verify",
  summary: "check binlog files: every checksum, position and GTID, and the store around them",
  usage: ["verify DIR [OPTIONS]", "verify FILE… [OPTIONS]", "verify - < FILE"],
  description: `
Reads binlog files from end to end and says of each whether it is good, or where it is not: magic,
checksums, positions, order of events, bounds of transactions, what the rotate events name, GTIDs from
file to file, missing numbers; in a store also its index, identity and state. Damage in one file does
not stop it. Works on stores and on any folder of binlog files, a running server's own too, and writes
nothing.

Exit status: 0 when there is no fault, 1 when there is, 6 when nothing can be read. Warnings have
harmless explanations; --strict counts them as faults.`,
  options: {
    dir: {
      type: "string",
      value: "DIR",
      short: "d",
      help: "The folder, when it is not given as an argument.",
    },
    repair: {
      type: "flag",
      help:
        "Of a store: first rebuild its index, its state and what list keeps, and cut an incomplete " +
        "event off the end of the newest file, keeping it aside.",
    },
    against: {
      type: "string",
      value: "mysql://USER@HOST:PORT",
      help: "Compare the sizes of the files with those that this source lists too.",
    },
    bytes: { type: "flag", help: "With --against: compare the content, which the source sends." },
    strict: { type: "flag", help: "Count warnings as faults." },
    json: { type: "flag", help: "One JSON object a line: each file, each finding, the totals." },
    utc: { type: "flag", help: "Print times in UTC." },
    base: {
      type: "string",
      value: "NAME",
      help: "Which files, where a folder holds several series: binlog for binlog.000001 and so on.",
    },
    ...SOURCE_OPTIONS,
  },
  examples: [
    { command: "binlogd verify ./binlogs", what: "Checks a store." },
    {
      command: "binlogd verify /var/lib/mysql --base binlog",
      what: "Checks a server's own files.",
    },
    { command: "binlogd verify ./binlogs --repair", what: "After a crash of this machine." },
    {
      command: "binlogd verify ./binlogs --against mysql://repl@db1 --bytes",
      what: "Whether the copy equals the source's files byte for byte.",
    },
    { command: "binlogd verify ./binlogs --strict --json", what: "For a script that watches." },
  ],
  run: runVerify,
};

/**
 * The settings for standard input. A command before the pipe that failed leaves it empty, which no
 * binlog that anybody sends is.
 */
function refuseNothing(options: VerifyOptions): VerifyOptions {
  return {
    ...options,
    onFile: (file) => {
      if (file.size === 0) {
        throw new StoreError("Nothing came on standard input", {
          hint: "did the command that reads the file succeed?",
        });
      }
      options.onFile?.(file);
    },
  };
}

async function verifyPaths(context: CommandContext, options: VerifyOptions): Promise<VerifyReport> {
  const report: VerifyReport = { files: [], findings: [] };
  const base = context.options.base as string | undefined;
  // What few want is loaded where it is wanted: it would make the start twice as long.
  const against = context.options.against === undefined
    ? undefined
    : await import("./verify_against.ts");
  const source = await against?.readAgainst(context);
  for (const path of context.positionals) {
    const opened = await openBinlogPath(path);
    if (opened.kind === "file") {
      const part = await verifyOneFile(path, path === "-" ? refuseNothing(options) : options);
      report.files.push(...part.files);
      continue;
    }
    let { folder } = opened;
    if (context.options.repair === true) {
      const { repairStore } = await import("../inspect/repair_store.ts");
      const done = await repairStore(folder, chooseSeries(folder, base), options.signal);
      report.findings.push(...done);
      folder = await openBinlogFolder(folder.dir);
    }
    const part = await verifyFolder(folder, chooseSeries(folder, base), options);
    report.files.push(...part.files);
    report.findings.push(...part.findings);
    if (against && source) {
      const { dir } = folder;
      const bytes = context.options.bytes === true;
      const { files } = part;
      report.findings.push(...await against.verifyAgainst(source, dir, files, bytes, context));
    }
  }
  return report;
}

function checkFolders(name: string, { options, positionals }: CommandContext): void {
  if (options[name] === undefined || positionals.length === 1 && positionals[0] !== "-") return;
  throw new UsageError(`--${name} is for one whole folder`, { found: positionals.join(" ") });
}

async function runVerify(context: CommandContext): Promise<number> {
  const { positionals, options } = context;
  const stdout = writeWhileOpen(context.stdout);
  // An option file's folder is for a command line that names nothing.
  if (options.dir !== undefined && !(positionals.length > 0 && isFromFiles(options, "dir"))) {
    positionals.unshift(options.dir as string);
  }
  if (positionals.length === 0) {
    throw new UsageError("Nothing to verify is named", { expected: "a folder or binlog files" });
  }
  for (const name of ["against", "repair"] as const) checkFolders(name, context);
  if (options.bytes === true && options.against === undefined) {
    throw new UsageError("--bytes needs --against");
  }
  const json = options.json === true;
  const utc = options.utc === true;
  let bytes = 0;
  let now = "";
  const line = context.terminal && !Deno.stdout.isTerminal()
    ? new ProgressLine(() => now)
    : undefined;
  const started = performance.now();
  const onFile = (file: FileReport): void => {
    bytes += file.size;
    stdout(json ? jsonText(fileJson(file)) + "\n" : fileLines(file, utc));
  };
  const onProgress = (progress: { file: string; bytes: number }): void => {
    const seconds = Math.max((performance.now() - started) / 1000, 0.001);
    const done = bytes + progress.bytes;
    now = `${progress.file}  ${formatBytes(done)}  ${formatBytes(done / seconds)}/s`;
  };
  let report: VerifyReport;
  try {
    report = await verifyPaths(context, { signal: context.signal, onFile, onProgress });
  } finally {
    line?.stop();
  }
  for (const found of report.findings) {
    stdout(json ? findingJson(found) : `${findingLine(found)}\n`);
  }
  const totals = totalsOf(report);
  const seconds = (performance.now() - started) / 1000;
  const bad = totals.faults > 0 || (options.strict === true && totals.warnings > 0);
  stdout(
    json
      ? jsonText({ kind: "totals", ...totals, seconds, good: !bad }) + "\n"
      : totalsLine(totals, seconds),
  );
  return bad ? EXIT_FAULTS : 0;
}

function findingJson(found: Finding): string {
  return jsonText({ kind: "finding", ...found }) + "\n";
}
