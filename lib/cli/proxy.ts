import { UsageError } from "../errors.ts";
import { nowUs } from "../proxy/clock.ts";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../proxy/endpoint.ts";
import { parseFault } from "../proxy/fault_plan.ts";
import { JsonPrinter } from "../proxy/json_printer.ts";
import { OnlyFilter, parseOnly } from "../proxy/only_filter.ts";
import type { PacketSink } from "../proxy/packet_view.ts";
import { Relay, type RelayOptions } from "../proxy/relay.ts";
import { stripTls } from "../proxy/strip_tls.ts";
import { TextPrinter } from "../proxy/text_printer.ts";
import { Watch } from "../proxy/watch.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { PROXY_OPTIONS } from "./proxy_options.ts";
import { isSourceUrl, parseSourceUrl } from "./source_options.ts";

/** `binlogd proxy`: watches the conversation of a client and a server. */
export const proxy: Command = {
  name: "proxy",
  summary: "watch, record, replay and disturb the conversation of a client and a server",
  usage: [
    "proxy --listen HOST:PORT --to mysql://HOST:PORT [OPTIONS]",
  ],
  description: `
Forwards connections to a MySQL or MariaDB server, bytes unchanged, and prints each packet: time,
direction, sequence id, size and meaning. Point a replica, a tool or an application at it to see what
it says and what it is told.

Passwords are never shown: authentication responses, the password fields of commands, and in
queries the literals after IDENTIFIED BY, PASSWORD and names ending in _PASSWORD become asterisks of
the same length. Everything else is shown as it is: result sets, and the content of binlog events,
which is not looked through for secrets.

Where the client begins TLS nothing can be read any more; --strip-tls tells the client that the
server has none.`,
  options: PROXY_OPTIONS,
  examples: [
    {
      command: "binlogd proxy --listen 127.0.0.1:3308 --to mysql://db1:3306",
      what: "Prints what clients of port 3308 and db1 say to each other.",
    },
    {
      command: "binlogd proxy --listen 3308 --to db1:3306 --only errors,commands --json",
      what: "Only commands and errors, for a program.",
    },
  ],
  run: runProxy,
};

/** Reads `mysql://host:port`, `host:port` or the path of a Unix socket. */
function readTarget(text: string): Endpoint {
  if (!isSourceUrl(text)) return parseEndpoint(text);
  const { host, port, socket } = parseSourceUrl(text);
  if (socket !== undefined) return { socket };
  return { hostname: host ?? "127.0.0.1", port: port ?? 3306 };
}

/** Who is shown the packets; undefined with --no-print. */
export function readPrinter(
  context: CommandContext,
): (PacketSink & { flush(): void }) | undefined {
  const { options, stdout } = context;
  if (options["no-print"] === true) return undefined;
  const settings = { write: stdout, hex: options.hex === true };
  const printer = options.json === true ? new JsonPrinter(settings) : new TextPrinter(settings);
  const only = options.only as string | undefined;
  if (only === undefined) return printer;
  const filter = new OnlyFilter(printer, parseOnly(only));
  return {
    packet: (view) => filter.packet(view),
    notice: (notice) => filter.notice(notice),
    flush: () => printer.flush(),
  };
}

function addressText(address: Deno.Addr): string {
  if ("hostname" in address) return formatEndpoint(address);
  return "path" in address && address.path ? address.path : "a Unix socket";
}

function required(options: OptionValues, name: string, what: string): string {
  const value = options[name];
  if (typeof value === "string") return value;
  throw new UsageError(`--${name} is missing: ${what}`);
}

async function runProxy(context: CommandContext): Promise<number> {
  const { options, log, signal } = context;
  const listen = parseEndpoint(required(options, "listen", "where clients connect to"));
  const target = readTarget(required(options, "to", "the server, such as mysql://db1:3306"));
  const sink = readPrinter(context);
  const watch = new Watch({
    ...(sink ? { sink } : {}),
    rowsShown: (options.rows as number | undefined) ?? 50,
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const relay = Relay.listen({
    target,
    faults: ((options.fault as string[] | undefined) ?? []).map(parseFault),
    seed: (options.seed as number | undefined) ?? 1,
    ...watching(watch, sink !== undefined, reject),
    ...(options["strip-tls"] === true ? { rewriteGreeting: (packet) => stripTls(packet) } : {}),
  }, listen);
  const where = "socket" in listen ? listen : { hostname: listen.hostname, port: relay.port };
  log.info("listening", { listen: formatEndpoint(where), to: formatEndpoint(target) });
  if (options["strip-tls"] === true) {
    log.warning("TLS is taken out of the server's offer: passwords and data go unencrypted");
  }
  try {
    await Promise.race([failed, ended(signal)]);
  } finally {
    relay.stop();
    if ("socket" in listen) await Deno.remove(listen.socket).catch(() => {});
  }
  return 0;
}

/** The relay's hooks; none where nothing watches, so that bytes go straight through. */
function watching(
  watch: Watch,
  active: boolean,
  fail: (error: unknown) => void,
): Partial<RelayOptions> {
  if (!active) return {};
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };
  return {
    onOpen: (connection, client, server) =>
      guard(() => watch.open(connection, addressText(client), addressText(server), nowUs())),
    onBytes: (connection, direction, bytes) =>
      guard(() => watch.bytes(connection, direction, bytes, nowUs())),
    onClose: (connection, by, reason) => guard(() => watch.close(connection, by, nowUs(), reason)),
    onRefused: (connection, client, reason) =>
      guard(() => {
        const text = `connection from ${addressText(client)}: the server can't be reached: `;
        watch.notice(connection, nowUs(), text + reason, "error");
      }),
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
