import type { Command } from "./command.ts";

/** A command as the program's help lists it; `load` reads the rest. */
export interface CommandEntry {
  name: string;
  summary: string;
  load(): Promise<Command>;
}

/**
 * All commands, in the order of the help text. Each is loaded when it is wanted: start-up does not
 * pay for the others, but for a look at their imports where the sources are run.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "dump",
    summary: "copy a source's binlog files, and go on with --follow",
    load: async () => (await import("./dump.ts")).dump,
  },
  {
    name: "serve",
    summary: "serve binlog files to replicas and tools, as a source does",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "run",
    summary: "follow a source and serve what comes, in one process",
    load: async () => (await import("./run.ts")).run,
  },
  {
    name: "user",
    summary: "write the accounts that may connect to serve and run",
    load: async () => (await import("./user.ts")).user,
  },
  {
    name: "events",
    summary: "show the events of binlog files, with their rows, as text or JSON",
    load: async () => (await import("./events.ts")).events,
  },
  {
    name: "verify",
    summary: "check binlog files: every checksum, position and GTID, and the store around them",
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "list",
    summary: "show the binlog files of a folder: sizes, times, GTIDs, holes, eras",
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "find",
    summary: "find transactions by time, GTID, position or table, and how to restore up to them",
    load: async () => (await import("./find.ts")).find,
  },
  {
    name: "purge",
    summary: "remove the oldest files of a store",
    load: async () => (await import("./purge.ts")).purge,
  },
  {
    name: "proxy",
    summary: "watch, record, replay and disturb the conversation of a client and a server",
    load: async () => (await import("./proxy.ts")).proxy,
  },
  {
    name: "version",
    summary: "print version, commit and runtime",
    load: async () => (await import("./version.ts")).version,
  },
];
