import { feedStreams } from "../proxy/replay_script.ts";
import { TcpStreams } from "../proxy/tcp_streams.ts";
import { Watch } from "../proxy/watch.ts";
import type { CommandContext } from "./command.ts";
import { readPrinter } from "./proxy_output.ts";

/** Prints the MySQL conversations of a capture; 1 where it holds none. */
export function readFile(context: CommandContext, path: string): number {
  const { options, signal, log } = context;
  const sink = readPrinter(context);
  const watch = new Watch({
    ...(sink ? { sink } : {}),
    rowsShown: options.rows as number | undefined,
  });
  const streams = new TcpStreams(watch, (options["server-port"] as number[] | undefined) ?? []);
  for (const _ of feedStreams(path, streams)) if (signal.aborted) return 0;
  if (streams.count > 0) return 0;
  log.warning("no MySQL connection found", { file: path, hint: "is --server-port needed?" });
  return 1;
}
