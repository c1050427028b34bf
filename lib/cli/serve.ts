import { UsageError } from "../errors.ts";
import { startServer } from "../server/server.ts";
import { LockedUpstream } from "../server/locked_upstream.ts";
import { readError } from "../inspect/binlog_folder.ts";
import { eventInfo } from "../inspect/event_info.ts";
import { purgeServed } from "./purge_served.ts";
import type { Command, CommandContext } from "./command.ts";
import { readServeOptions, SERVE_OPTIONS } from "./serve_options.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

/** `binlogd serve`: a folder of binlog files to replicas and tools. */
export const serve: Command = {
  name: "serve",
  summary: "serve binlog files to replicas and tools, as a source does",
  usage: ["serve --dir DIR --users FILE [--listen HOST:PORT] [OPTIONS]"],
  description: `
Replicas, mysqlbinlog and other clients that read binlogs connect to it as to a MySQL or MariaDB
source; file names, positions and GTIDs are those of the server that wrote the files. DIR may be a
store that a dump is writing, one that is finished, or any folder of plain binlog files.

Accounts come from a file that binlogd user add writes. Without TLS, clients of
caching_sha2_password have to ask for the server's public key, as with any server
(GET_SOURCE_PUBLIC_KEY = 1, --get-server-public-key).`,
  options: {
    dir: {
      type: "string",
      value: "DIR",
      short: "d",
      help: "Folder of binlog files.",
      group: "Store",
    },
    ...SERVE_OPTIONS,
    // `run` and option files have these for the connection to the source; a command line of serve has
    // no other side.
    "ssl-cert": {
      ...SERVE_OPTIONS["tls-cert"]!,
      help: "The same as --tls-cert.",
      commandLineOnly: true,
    },
    "ssl-key": {
      ...SERVE_OPTIONS["tls-key"]!,
      help: "The same as --tls-key.",
      commandLineOnly: true,
    },
  },
  examples: [
    {
      command: "binlogd serve --dir ./binlogs --listen 127.0.0.1:3307 --users users.toml",
      what: "Serves the folder on this host only.",
    },
    {
      command: "binlogd serve --dir ./binlogs --listen :3307 --users users.toml " +
        "--tls-cert cert.pem --tls-key key.pem --require-tls",
      what: "Serves it to everybody who logs in over TLS.",
    },
  ],
  run: runServe,
};

/** @throws {StoreError} where there is no folder to read. */
function checkFolder(dir: string): void {
  try {
    Deno.readDirSync(dir).next();
  } catch (cause) {
    throw readError(dir, cause);
  }
}

async function runServe(context: CommandContext): Promise<number> {
  const { options, log, signal, positionals } = context;
  if (positionals.length > 0) throw unexpectedArgument(positionals[0]!);
  const dir = options.dir as string | undefined;
  if (dir === undefined) throw new UsageError("--dir is missing: the folder to serve");
  options["tls-cert"] ??= options["ssl-cert"];
  options["tls-key"] ??= options["ssl-key"];
  const settings = await readServeOptions(context);
  checkFolder(dir);
  const upstream = await LockedUpstream.watch(dir);
  try {
    const server = await startServer({
      ...settings,
      folder: dir,
      upstream,
      eventInfo,
      purge: (file) => purgeServed(dir, file, log),
    });
    log.info("serving", { dir, listen: `${server.hostname}:${server.port}` });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await server.stop();
    log.info("ended by signal");
    return 0;
  } finally {
    upstream.close();
  }
}
