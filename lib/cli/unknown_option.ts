import { UsageError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import type { Command } from "./command.ts";

/** What an option of the mysql tools is here. */
interface Elsewhere {
  names: readonly string[];
  /** Option of ours that does it: where a command has that, it is the hint. */
  option?: string;
  /** How that option is written, where its name is not all. */
  written?: string;
  /** The hint for these commands, where they have no such option. */
  commands?: readonly string[];
  hint?: string;
}

const FETCH = ["dump", "run"];
const SHOW = ["events"];
const WHOLE_FILES = "a file is always fetched from its beginning: --start-file or --start-gtid " +
  "says with which one to begin";
const FOR_EVER = "run goes on until it is told to end; binlogd dump ends where --stop-… says";
const STOPS = ["stop-file", "stop-position", "stop-datetime", "stop-gtid"];

/** Options that those know who come from mysqlbinlog, mysql and mariadb-binlog. */
const ELSEWHERE: readonly Elsewhere[] = [
  { names: ["start-position", "start-datetime"], commands: FETCH, hint: WHOLE_FILES },
  { names: STOPS, commands: ["run"], hint: FOR_EVER },
  { names: ["stop-never", "follow"], option: "follow", commands: ["run"], hint: FOR_EVER },
  {
    names: ["connection-server-id", "stop-never-slave-server-id"],
    commands: FETCH,
    hint: "that is --server-id here",
  },
  { names: ["result-file"], commands: FETCH, hint: "that is --dir here, the folder of the store" },
  {
    names: ["result-file"],
    commands: SHOW,
    hint: "events writes to standard output; binlogd dump copies files",
  },
  { names: ["raw"], commands: FETCH, hint: "leave it out: files are always copied as they are" },
  { names: ["raw"], commands: SHOW, hint: "binlogd dump copies files as they are" },
  {
    names: ["to-last-log"],
    commands: ["dump", "events"],
    hint: "leave it out: all files up to the last one come anyway",
  },
  { names: ["to-last-log"], commands: ["run"], hint: FOR_EVER },
  {
    names: ["read-from-remote-server", "read-from-remote-master", "read-from-remote-source"],
    commands: [...FETCH, ...SHOW],
    hint: "leave it out: name the source with mysql://USER@HOST:PORT or --host",
  },
  { names: ["skip-ssl"], option: "ssl-mode", written: "ssl-mode=DISABLED" },
  { names: ["ssl"], option: "ssl-mode", written: "ssl-mode=REQUIRED" },
  { names: ["compress"], option: "compression-algorithms" },
  {
    names: ["base64-output"],
    commands: FETCH,
    hint: "files are copied as they are; binlogd events shows what is in them, rows with -v",
  },
  {
    names: ["base64-output"],
    commands: SHOW,
    hint: "leave it out: no base64 is printed, and -v shows rows",
  },
];

function elsewhere(command: Command, name: string): string | undefined {
  for (const { names, option, written, commands, hint } of ELSEWHERE) {
    if (!names.includes(name)) continue;
    if (option !== undefined && Object.hasOwn(command.options, option)) {
      return `that is --${written ?? option} here`;
    }
    if (hint !== undefined && commands?.includes(command.name)) return hint;
  }
  return undefined;
}

/** Whether one name is about where to begin and the other about where to end, or the other way round. */
function isOpposite(a: string, b: string): boolean {
  return (a.startsWith("start-") && b.startsWith("stop-")) ||
    (a.startsWith("stop-") && b.startsWith("start-"));
}

/** The error for an option that a command does not have: with what is likely meant, where that can be told. */
export function unknownOption(command: Command, name: string): UsageError {
  const known = Object.keys(command.options);
  const begun = known.filter((option) => option.startsWith(name));
  const near = begun.length === 1
    ? begun[0]
    : nearest(name, known.filter((option) => !isOpposite(name, option)));
  const hint = elsewhere(command, name) ??
    (near ? `did you mean --${near}?` : `binlogd help ${command.name}`);
  return new UsageError(`Unknown option --${name}`, { hint });
}
