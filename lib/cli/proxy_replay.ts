import { acceptClients } from "../protocol/accept_clients.ts";
import { encodePacket } from "../protocol/packet.ts";
import { encodeErr } from "../protocol/response.ts";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { nowUs } from "../proxy/clock.ts";
import { type Endpoint, formatEndpoint } from "../proxy/endpoint.ts";
import { listenOn } from "../proxy/listen.ts";
import { indexCapture, scriptSteps } from "../proxy/replay_script.ts";
import { ReplaySession } from "../proxy/replay_session.ts";
import type { CommandContext } from "./command.ts";
import { readPrinter, untilAborted } from "./proxy_output.ts";

/** ER_CON_COUNT_ERROR. */
const TOO_MANY = 1040;

/** Answers clients from a capture, until the signal: the n-th client from its n-th conversation. */
export async function replay(
  context: CommandContext,
  listen: Endpoint,
  path: string,
): Promise<number> {
  const { options, log, signal } = context;
  const ports = (options["server-port"] as number[] | undefined) ?? [];
  const { entries, skipped } = indexCapture(path, ports);
  for (const { number, reason } of skipped) {
    log.warning("a conversation can't be replayed", { connection: number, reason });
  }
  const sink = readPrinter(context);
  const listener = listenOn(listen);
  const { addr } = listener;
  const where = "hostname" in addr ? { hostname: addr.hostname, port: addr.port } : listen;
  log.info("replaying", {
    listen: formatEndpoint(where),
    file: path,
    conversations: entries.length,
  });
  const open = new Set<ByteStream>();
  let count = 0;
  const serve = async (client: ByteStream): Promise<void> => {
    const number = ++count;
    const index = options.loop === true ? (number - 1) % entries.length : number - 1;
    const entry = entries[index];
    if (!entry) {
      const message = `binlogd replay: all ${entries.length} conversations were replayed`;
      const payload = encodeErr({ code: TOO_MANY, sqlState: "", message });
      await writeAll(client, encodePacket(payload, 0));
      log.warning("a client came after the last conversation", { connection: number });
      return;
    }
    const steps = scriptSteps(path, ports, entry.number);
    const session = new ReplaySession({ number, client, entry, steps, ...(sink ? { sink } : {}) });
    const left = await session.run();
    if (left !== undefined) log.warning("the client left the script", { connection: number, left });
    else {
      sink?.notice({
        connection: number,
        timeUs: nowUs(),
        kind: "notice",
        text: `end of the script of connection ${entry.number}`,
      });
      sink?.flush();
    }
  };
  const accepting = acceptClients(listener, (client) => {
    open.add(client);
    serve(client).catch((error) => log.error("replay failed", { reason: error.message }))
      .finally(() => {
        open.delete(client);
        closeQuietly(client);
      });
  }, (reason) => log.warning("clients can't be accepted", { reason }));
  await untilAborted(signal);
  listener.close();
  for (const client of open) closeQuietly(client);
  await accepting;
  if ("socket" in listen) await Deno.remove(listen.socket).catch(() => {});
  return 0;
}

function closeQuietly(stream: ByteStream): void {
  try {
    stream.close();
  } catch {
    // closed already
  }
}
