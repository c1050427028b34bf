import { UsageError } from "../errors.ts";
import { type Endpoint, parseEndpoint } from "../proxy/endpoint.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { forward } from "./proxy_forward.ts";
import { PROXY_OPTIONS } from "./proxy_options.ts";
import { readFile } from "./proxy_read.ts";
import { replay } from "./proxy_replay.ts";
import { isSourceUrl, parseSourceUrl } from "./source_options.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

/** `binlogd proxy`: watches the conversation of a client and a server. */
export const proxy: Command = {
  name: "proxy",
  summary: "watch, record, replay and disturb the conversation of a client and a server",
  usage: [
    "proxy --listen HOST:PORT --to mysql://HOST:PORT [--record FILE] [OPTIONS]",
    "proxy --read CAPTURE [OPTIONS]",
    "proxy --replay CAPTURE --listen HOST:PORT [OPTIONS]",
  ],
  description: `
Forwards connections to a MySQL or MariaDB server, bytes unchanged, and prints each packet: time,
direction, sequence id, size and meaning. Point a replica, a tool or an application at it to see
what it says and what it is told.

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
    {
      command: "binlogd proxy --listen 3308 --to db1:3306 --record start --no-print",
      what: "Keeps the conversation in start.pcapng, which Wireshark opens.",
    },
    {
      command: "binlogd proxy --read start.pcapng --hex",
      what: "Prints it, or what tcpdump recorded on port 3306, with the bytes of each field.",
    },
    {
      command: "binlogd proxy --replay start.pcapng --listen 3308",
      what: "Answers clients as the server did then; any password will do.",
    },
    {
      command:
        "binlogd proxy --listen 3308 --to db1:3306 --fault cut=1048576 --fault delay:20,dir=up",
      what: "Cuts each connection after 1 MiB from the server, and slows the client down.",
    },
  ],
  run: runProxy,
};

/** Reads `mysql://host:port`, `host:port` or the path of a Unix socket. */
function readTarget(text: string): Endpoint {
  if (!isSourceUrl(text)) return parseEndpoint(text);
  const { host, port, socket } = parseSourceUrl(text);
  if (socket !== undefined) return { socket };
  if (port !== undefined && (port < 1 || port > 0xffff)) {
    throw new UsageError(`Cannot use port ${port} of --to`, { expected: "1 to 65535" });
  }
  return { hostname: host ?? "127.0.0.1", port: port ?? 3306 };
}

function required(options: OptionValues, name: string, what: string): string {
  const value = options[name];
  if (typeof value === "string") return value;
  throw new UsageError(`--${name} is missing: ${what}`);
}

async function runProxy(context: CommandContext): Promise<number> {
  const { options, positionals } = context;
  if (positionals.length > 0) throw unexpectedArgument(positionals[0]!);
  const modes = ["to", "read", "replay"].filter((name) => options[name] !== undefined);
  if (modes.length !== 1) {
    throw new UsageError("One of --to, --read and --replay is needed", {
      found: modes.length === 0 ? "none" : modes.map((name) => `--${name}`).join(" and "),
      hint: "binlogd proxy --listen 127.0.0.1:3308 --to mysql://db1:3306",
    });
  }
  if (modes[0] === "read") return readFile(context, options.read as string);
  const listen = parseEndpoint(required(options, "listen", "where clients connect to"));
  if (modes[0] === "replay") return await replay(context, listen, options.replay as string);
  return await forward(context, listen, readTarget(options.to as string));
}
