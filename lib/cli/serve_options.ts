import { UsageError } from "../errors.ts";
import type { ServerOptions } from "../server/server.ts";
import { loadOrMakeTls, readTls } from "../server/tls_certificate.ts";
import { warnOfReaders } from "../server/warn_of_readers.ts";
import type { CommandContext, OptionSpec, OptionValues } from "./command.ts";

const GROUP = "Serving";
const PORT = 3306;

/** Options of every command that serves. */
export const SERVE_OPTIONS: Record<string, OptionSpec> = {
  listen: {
    type: "string",
    value: "[HOST:]PORT",
    help: "Address to serve on; PORT alone is on 127.0.0.1, :PORT on all addresses. " +
      "127.0.0.1:3306 by default.",
    group: GROUP,
  },
  users: {
    type: "string",
    value: "FILE",
    help: "Accounts, as written by binlogd user add.",
    group: GROUP,
  },
  "tls-cert": {
    type: "string",
    value: "FILE",
    help: "Certificate, PEM: TLS is offered on the same port.",
    group: GROUP,
  },
  "tls-key": { type: "string", value: "FILE", help: "Its private key, PEM.", group: GROUP },
  "tls-self-made": {
    type: "flag",
    help: "Make a certificate of our own beside the users file, and offer TLS with it.",
    group: GROUP,
  },
  "require-tls": { type: "flag", help: "Refuse logins without TLS.", group: GROUP },
  "rsa-key": {
    type: "string",
    value: "FILE",
    help: "RSA key, PEM, for passwords of caching_sha2_password over plain TCP; by default " +
      "binlogd-rsa-key.pem beside the users file, made if need be.",
    group: GROUP,
  },
  "present-as": {
    type: "string",
    value: "store|source",
    help: "Whose server_id and UUID replicas see: the store's own, or those of its source.",
    group: GROUP,
  },
  "replica-semi-sync": {
    type: "string",
    value: "on|off",
    help: "Whether replicas can have semi-sync here, on.",
    group: GROUP,
  },
  "wait-for-upstream": {
    type: "duration",
    value: "TIME",
    help: "How long a replica that is ahead of us is kept waiting while a dump goes on, 30s.",
    group: GROUP,
  },
  "max-connections": {
    type: "integer",
    value: "N",
    help: "Clients logged in at once, 500.",
    group: GROUP,
  },
  "login-timeout": {
    type: "duration",
    value: "TIME",
    help: "Time for logging in, 10s.",
    group: GROUP,
  },
};

/** Reads HOST:PORT, :PORT, [v6]:PORT, HOST, or PORT alone, which is on loopback. */
export function parseListen(text: string): { hostname: string; port: number } {
  const address = /^\d+$/.test(text) ? `127.0.0.1:${text}` : text;
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(address);
  const port = Number(match?.[2] ?? PORT);
  if (!match || port > 65535) {
    throw new UsageError(`Cannot read --listen=${text}`, {
      expected: "HOST:PORT, [v6]:PORT, :PORT or PORT",
    });
  }
  const host = match[1]!.replace(/^\[|\]$/g, "");
  return { hostname: host === "" ? "0.0.0.0" : host, port };
}

function choice(options: OptionValues, name: string, allowed: string[]): string {
  const value = (options[name] as string | undefined) ?? allowed[0]!;
  if (allowed.includes(value)) return value;
  throw new UsageError(`Cannot read --${name}=${value}`, { expected: allowed.join(" or ") });
}

/** Server settings of the command line, but for the folder. */
export async function readServeOptions(
  context: CommandContext,
): Promise<Omit<ServerOptions, "folder">> {
  const { options, log } = context;
  const users = options.users as string | undefined;
  if (users === undefined) {
    throw new UsageError("--users is missing: who may log in", {
      hint: "binlogd user add repl --users users.toml",
    });
  }
  await warnOfReaders(users, log);
  const listen = parseListen((options.listen as string | undefined) ?? `127.0.0.1:${PORT}`);
  const cert = options["tls-cert"] as string | undefined;
  const key = options["tls-key"] as string | undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key go together");
  }
  const selfMade = options["tls-self-made"] === true;
  if (selfMade && cert !== undefined) {
    throw new UsageError("Only one of --tls-cert and --tls-self-made is possible");
  }
  const tls = cert !== undefined
    ? await readTls(cert, key!)
    : selfMade
    ? await loadOrMakeTls(users, log)
    : undefined;
  const requireTls = options["require-tls"] === true;
  if (requireTls && !tls) {
    throw new UsageError("--require-tls needs a certificate", {
      hint: "give --tls-cert and --tls-key, or --tls-self-made",
    });
  }
  const maxConnections = options["max-connections"] as number | undefined;
  if (maxConnections !== undefined && maxConnections < 1) {
    throw new UsageError(`Cannot use --max-connections=${maxConnections}`, {
      expected: "1 or more",
    });
  }
  return {
    listen,
    users,
    log,
    tls,
    requireTls,
    rsaKey: options["rsa-key"] as string | undefined,
    presentAsSource: choice(options, "present-as", ["store", "source"]) === "source",
    semiSync: choice(options, "replica-semi-sync", ["on", "off"]) === "on",
    ...numbers(options),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  };
}

function numbers(options: OptionValues): Partial<ServerOptions> {
  const wait = options["wait-for-upstream"] as number | undefined;
  const login = options["login-timeout"] as number | undefined;
  return {
    ...(wait === undefined ? {} : { waitForUpstreamMs: wait }),
    ...(login === undefined ? {} : { loginTimeoutMs: login }),
  };
}
