import { promptSecret } from "@std/cli/prompt-secret";
import { UsageError } from "../errors.ts";
import type { CompressionAlgorithm, SourceOptions, SslMode } from "../source/source_options.ts";
import type { CommandContext, OptionSpec } from "./command.ts";

const GROUP = "Source";
const SSL_MODES = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];
const ALGORITHMS = ["uncompressed", "zlib", "zstd"];
const CONNECT_TIMEOUT_MS = 10_000;

/** Options of every command that connects to a source. */
export const SOURCE_OPTIONS: Record<string, OptionSpec> = {
  host: { type: "string", value: "HOST", short: "h", help: "Host of the source.", group: GROUP },
  port: { type: "integer", value: "PORT", short: "P", help: "Its port, 3306.", group: GROUP },
  socket: {
    type: "string",
    value: "PATH",
    short: "S",
    help: "Unix socket of a source on this host.",
    group: GROUP,
  },
  user: { type: "string", value: "USER", short: "u", help: "Account to log in as.", group: GROUP },
  password: {
    type: "string",
    value: "PASSWORD",
    short: "p",
    bare: "",
    help: "Its password; asked for on the terminal when empty. Others can see it with ps: better " +
      "use --password-file, MYSQL_PWD or an option file.",
    group: GROUP,
  },
  "password-file": {
    type: "string",
    value: "FILE",
    help: "File whose first line is the password.",
    group: GROUP,
  },
  "ssl-mode": {
    type: "string",
    value: SSL_MODES.join("|"),
    help: "Whether to use TLS and what to check; PREFERRED by default.",
    group: GROUP,
  },
  "ssl-ca": { type: "string", value: "FILE", help: "CA to check the source by.", group: GROUP },
  "ssl-cert": { type: "string", value: "FILE", help: "Our certificate.", group: GROUP },
  "ssl-key": { type: "string", value: "FILE", help: "Its private key.", group: GROUP },
  "get-server-public-key": {
    type: "flag",
    help: "Ask the source for its RSA key when the password has to go over plain TCP.",
    group: GROUP,
  },
  "server-public-key-path": {
    type: "string",
    value: "FILE",
    help: "That key, known beforehand.",
    group: GROUP,
  },
  "compression-algorithms": {
    type: "string",
    value: "LIST",
    help: "zlib, zstd, uncompressed: in order of preference, separated by commas.",
    group: GROUP,
  },
  "connect-timeout": {
    type: "duration",
    value: "TIME",
    help: "Time for connecting and logging in, 10s.",
    group: GROUP,
  },
};

/** Takes a `mysql://user[:password]@host[:port]` apart. Socket: `mysql://user@/path/to/socket`. */
export function parseSourceUrl(text: string): {
  host?: string;
  port?: number;
  socket?: string;
  user?: string;
  password?: string;
} {
  const match =
    /^(?:mysql|mariadb):\/\/(?:([^@/:]*)(?::([^@]*))?@)?(\[[^\]]+\]|[^/:?@]*)(?::(\d+))?(\/.*)?$/
      .exec(text);
  const bad = (): UsageError =>
    new UsageError(`Cannot read source ${redactUrl(text)}`, {
      expected: "mysql://user@host:3306",
    });
  if (!match) throw bad();
  const [, user, password, host, port, path] = match;
  try {
    return {
      ...(user ? { user: decodeURIComponent(user) } : {}),
      ...(password !== undefined ? { password: decodeURIComponent(password) } : {}),
      ...(host ? { host: host.replace(/^\[|\]$/g, "") } : {}),
      ...(port ? { port: Number(port) } : {}),
      ...(!host && path && path.length > 1 ? { socket: decodeURIComponent(path) } : {}),
    };
  } catch {
    throw bad();
  }
}

/** A source URL without its password, which an unescaped @ does not end. */
export function redactUrl(text: string): string {
  return text.replace(/(:\/\/[^:@/]*):.*@/s, "$1@");
}

async function readPasswordFile(path: string, context: CommandContext): Promise<string> {
  try {
    const info = await Deno.stat(path);
    if (info.mode !== null && (info.mode & 0o077) !== 0) {
      context.log.warning("password file can be read by others", { file: path, hint: "chmod 600" });
    }
    return (await Deno.readTextFile(path)).split(/\r?\n/)[0]!;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read --password-file ${path}: ${reason}`, { file: path, cause });
  }
}

function promptPassword(user: string): string {
  if (!Deno.stdin.isTerminal()) {
    throw new UsageError("No password given, and no terminal to ask on", {
      hint: "use --password-file, MYSQL_PWD or an option file",
    });
  }
  return promptSecret(`Password for ${user}: `, { mask: "" }) ?? "";
}

async function readPassword(
  context: CommandContext,
  fromUrl: string | undefined,
  user: string,
): Promise<string | undefined> {
  const { options, log } = context;
  const given = options.password as string | undefined;
  const fromFile = options["password-from-file"] === true;
  if (fromUrl !== undefined || (given !== undefined && given !== "" && !fromFile)) {
    log.warning("a password on the command line is visible to others", {
      hint: "use --password-file, MYSQL_PWD or an option file",
    });
    return fromUrl ?? given;
  }
  const file = options["password-file"] as string | undefined;
  if (file !== undefined) return await readPasswordFile(file, context);
  if (given === "" && !fromFile) return promptPassword(user);
  const environment = Deno.env.get("MYSQL_PWD");
  if (environment !== undefined) return environment;
  if (given !== undefined) return given;
  return Deno.stdin.isTerminal() && context.terminal ? promptPassword(user) : undefined;
}

function choice<T extends string>(name: string, value: string, allowed: readonly string[]): T {
  const found = allowed.find((entry) => entry.toLowerCase() === value.toLowerCase());
  if (!found) {
    throw new UsageError(`Cannot read --${name}=${value}`, { expected: allowed.join(", ") });
  }
  return found as T;
}

/** Whether a positional argument names a source. */
export function isSourceUrl(text: string): boolean {
  return /^(mysql|mariadb):\/\//.test(text);
}

/**
 * The source that the command line, environment and option files describe; a URL among the
 * positional arguments is taken out of them.
 */
export async function readSourceOptions(context: CommandContext): Promise<SourceOptions> {
  const { options, positionals } = context;
  const index = positionals.findIndex(isSourceUrl);
  const url = index >= 0 ? parseSourceUrl(positionals.splice(index, 1)[0]!) : {};
  const user = (options.user as string | undefined) ?? url.user ?? Deno.env.get("USER") ?? "root";
  const socket = (options.socket as string | undefined) ?? url.socket;
  const host = (options.host as string | undefined) ?? url.host;
  if (index < 0 && host === undefined && socket === undefined) {
    throw new UsageError("No source given", {
      expected: "mysql://user@host:3306, --host or --socket",
    });
  }
  // As in the mysql tools: a host named on the command line or in the URL wins over a socket that
  // an option file names.
  const useSocket = socket !== undefined && (host === undefined || host === "localhost");
  const password = await readPassword(context, url.password, user);
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const algorithms = text("compression-algorithms")?.split(",").map((name) =>
    choice<CompressionAlgorithm>("compression-algorithms", name.trim(), ALGORITHMS)
  );
  const optional = {
    password,
    sslCa: text("ssl-ca"),
    sslCert: text("ssl-cert"),
    sslKey: text("ssl-key"),
    serverPublicKeyPath: text("server-public-key-path"),
    compressionAlgorithms: algorithms,
  };
  const defined = Object.fromEntries(
    Object.entries(optional).filter(([, value]) => value !== undefined),
  );
  return {
    ...(useSocket ? { socket: socket! } : {
      host: host ?? "127.0.0.1",
      port: (options.port as number | undefined) ?? url.port ?? 3306,
    }),
    user,
    sslMode: choice<SslMode>("ssl-mode", text("ssl-mode") ?? "PREFERRED", SSL_MODES),
    getServerPublicKey: options["get-server-public-key"] === true,
    connectTimeoutMs: (options["connect-timeout"] as number | undefined) ?? CONNECT_TIMEOUT_MS,
    ...defined,
  };
}
