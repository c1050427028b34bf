import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { Logger } from "../../lib/log.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../lib/server/server.ts";
import { connectSource } from "../../lib/source/connect.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { writeUsers } from "./_serving.ts";

/** UUID of the transactions that FileBuilder makes. */
export const UUID = "00000000-0000-0000-0000-000000000000";

export const QUIET: Logger = new Logger({ write: () => {} });

/** Begins a file as MySQL does, with the transactions of the files before. */
export function beginFile(name: string, before: string): FileBuilder {
  return new FileBuilder(name).format()
    .add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(GtidSet.parse(before)));
}

/** Two files of ten transactions each, in `dir`. */
export async function writeFiles(dir: string): Promise<FileBuilder[]> {
  const first = beginFile("binlog.000001", "");
  for (let gno = 1; gno <= 10; gno++) first.transaction(gno);
  first.rotate("binlog.000002");
  const second = beginFile("binlog.000002", `${UUID}:1-10`);
  for (let gno = 11; gno <= 20; gno++) second.transaction(gno);
  for (const file of [first, second]) await Deno.writeFile(`${dir}/${file.name}`, file.bytes());
  return [first, second];
}

/** Runs with a server in this process on a folder of its own. */
export async function withServer(
  prepare: (dir: string) => Promise<unknown>,
  work: (server: RunningServer, dir: string) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const folder = `${dir}/files`;
    await Deno.mkdir(folder);
    await prepare(folder);
    const server = await startServer({
      folder,
      users,
      listen: { hostname: "127.0.0.1", port: 0 },
      log: QUIET,
      ...options,
    });
    try {
      await work(server, folder);
    } finally {
      await server.stop();
    }
  });
}

/** How to log in. */
export function localSource({ port }: { port: number }): SourceOptions {
  return {
    host: "127.0.0.1",
    port,
    user: "repl",
    password: "secret",
    sslMode: "DISABLED",
    getServerPublicKey: true,
    connectTimeoutMs: 60_000,
  };
}

/** Logs in. */
export function connect(
  server: { port: number },
  options: Partial<SourceOptions> = {},
): Promise<SourceConnection> {
  const source = { ...localSource(server), ...options };
  return connectSource(source, QUIET, new AbortController().signal);
}
