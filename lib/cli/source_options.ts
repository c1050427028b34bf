import { UsageError } from "../errors.ts";
import type { CompressionAlgorithm, SourceOptions, SslMode } from "../source/source_options.ts";
import { checkRange, type Range } from "./check_range.ts";
import { checkTlsFiles } from "./check_tls_files.ts";
import type { CommandContext, OptionSpec, OptionValues } from "./command.ts";
import { isFromFiles } from "./is_from_files.ts";
import { readPassword } from "./source_password.ts";
import { redactUrl } from "./redact_url.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

const GROUP = "Source";
const SSL_MODES = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];
const ALGORITHMS = ["uncompressed", "zlib", "zstd"];
const CONNECT_TIMEOUT_MS = 10_000;
const PORT: Range = { min: 1, max: 65535, expected: "1 to 65535" };
/** A timer takes no more than 31 bits; beyond, it would fire at once. */
const CONNECT_TIMEOUT: Range = { min: 1, max: 2 ** 31 - 1, expected: "1ms to 24d", unit: "ms" };

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
    help: "File whose first line is the password; - is standard input.",
    group: GROUP,
  },
  "ssl-mode": {
    type: "string",
    value: SSL_MODES.join("|"),
    help: "Whether to use TLS and what to check; PREFERRED by default, VERIFY_CA with --ssl-ca.",
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

const SOURCE_URL =
  /^(?:mysql|mariadb):\/\/(?:([^@/:]*)(?::([^@]*))?@)?(\[[^\]]+\]|[^/:?#@]*)(?::(\d+))?(\/[^?#]*)?([?#].*)?$/s;

/** Refuses what would be left out: a path after a host, a query, a fragment; it is not shown. */
function refuseRest(host: string, path: string, rest: string): void {
  if (rest !== "") {
    const names = Object.keys(SOURCE_OPTIONS).filter((name) =>
      new RegExp(`[?&]${name}=`).test(rest.toLowerCase().replaceAll("_", "-"))
    );
    const shown = names.map((name) => `--${name}`).join(", ");
    throw new UsageError("The URL of a source takes nothing after ? or #", {
      expected: "mysql://user@host:3306",
      hint: `give ${shown || "--ssl-mode and such"} as an option` +
        (host === "" ? ", and write %3F and %23 for ? and # in a path" : ""),
    });
  }
  if (host !== "" && path.length > 1) {
    throw new UsageError("The URL of a source takes no path after the host", {
      expected: "mysql://user@host:3306",
      hint:
        "a Unix socket goes without a host, as mysql://user@/path/to/socket, or use --socket; " +
        "a source is all of a server, not a database",
    });
  }
}

/**
 * Takes a `mysql://user[:password]@host[:port]` apart. Socket: `mysql://user@/path/to/socket`.
 * @throws {UsageError} where it is none, or says more.
 */
export function parseSourceUrl(text: string): {
  host?: string;
  port?: number;
  socket?: string;
  user?: string;
  password?: string;
} {
  const bad = (): UsageError =>
    new UsageError(`Cannot read source ${redactUrl(text)}`, {
      expected: "mysql://user@host:3306",
    });
  const match = SOURCE_URL.exec(text);
  if (!match) throw bad();
  const [, user, password, host = "", port, path = "", rest = ""] = match;
  refuseRest(host, path, rest);
  try {
    return {
      ...(user ? { user: decodeURIComponent(user) } : {}),
      ...(password !== undefined ? { password: decodeURIComponent(password) } : {}),
      ...(host ? { host: host.replace(/^\[|\]$/g, "") } : {}),
      ...(port ? { port: Number(port) } : {}),
      ...(!host && path.length > 1 ? { socket: decodeURIComponent(path) } : {}),
    };
  } catch {
    throw bad();
  }
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
 * Refuses what is left on the command line beside the source. A word after a bare --password is
 * likely the password, and is not shown.
 */
function refuseArguments({ options, positionals }: CommandContext): void {
  const [extra] = positionals;
  if (extra === undefined) return;
  if (options.password === "" && !isFromFiles(options, "password")) {
    throw new UsageError("Unexpected argument beside --password without a value", {
      hint: "a value follows without a blank, as in --password=PASSWORD; better use " +
        "--password-file, MYSQL_PWD or an option file",
    });
  }
  throw unexpectedArgument(extra);
}

/** The host to connect to. What is more than a host may hold a password, and is not shown. */
function checkHost(host: string): string {
  if (!/@|:\/\//.test(host)) return host;
  throw new UsageError("Cannot use this --host", {
    expected: "a host name or an address; mysql://user@host:3306 goes without --host",
  });
}

/** Where the source is and who we are there. */
interface SourcePlace {
  user?: string;
  host?: string;
  port?: number;
  socket?: string;
}

/** On the command line an empty place is most likely a variable of the shell that is not set. */
function emptyPlace(name: string): UsageError {
  return new UsageError(`--${name} is empty`, {
    hint: "is a variable of the shell not set?",
  });
}

/** Options of the command line win over the URL in it, and that over option files. */
function place(options: OptionValues, url: SourcePlace): SourcePlace {
  const named: SourcePlace = {};
  const filed: SourcePlace = {};
  for (const name of ["user", "host", "port", "socket"] as const) {
    const value = options[name];
    const isFiled = isFromFiles(options, name);
    // In a file an empty value means the default, as in the mysql tools.
    if (value === undefined || isFiled && value === "") continue;
    if (value === "" && name !== "user") throw emptyPlace(name);
    Object.assign(isFiled ? filed : named, { [name]: value });
  }
  // An address is taken whole from where one is given, as far as it goes; only --host=localhost goes
  // with the socket of a file, as in the mysql tools.
  if (url.host !== undefined) delete filed.socket;
  if (url.socket !== undefined || named.socket !== undefined) delete filed.host;
  return { ...filed, ...url, ...named };
}

/** The settings of TLS; an authority is given to be looked at, as in the mysql tools. */
function readTlsOptions(
  options: OptionValues,
): Pick<SourceOptions, "sslMode" | "sslCa" | "sslCert" | "sslKey"> {
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const [sslCa, sslCert, sslKey] = [text("ssl-ca"), text("ssl-cert"), text("ssl-key")];
  if ((sslCert === undefined) !== (sslKey === undefined)) {
    throw new UsageError("--ssl-cert and --ssl-key are of use only together");
  }
  const usual: SslMode = sslCa === undefined ? "PREFERRED" : "VERIFY_CA";
  return {
    sslMode: choice<SslMode>("ssl-mode", text("ssl-mode") ?? usual, SSL_MODES),
    ...(sslCa === undefined ? {} : { sslCa }),
    ...(sslCert === undefined || sslKey === undefined ? {} : { sslCert, sslKey }),
  };
}

/**
 * The source that the command line, environment and option files describe; a URL among the
 * positional arguments is taken out of them, and nothing else may be there.
 */
export async function readSourceOptions(context: CommandContext): Promise<SourceOptions> {
  const { options, positionals } = context;
  const index = positionals.findIndex(isSourceUrl);
  const url = index >= 0 ? parseSourceUrl(positionals.splice(index, 1)[0]!) : {};
  refuseArguments(context);
  const { user = Deno.env.get("USER") ?? "root", socket, host, port } = place(options, url);
  if (index < 0 && host === undefined && socket === undefined) {
    throw new UsageError("No source given", {
      expected: "mysql://user@host:3306, --host or --socket",
    });
  }
  // As in the mysql tools: a host named on the command line or in the URL wins over a socket that
  // an option file names.
  const useSocket = socket !== undefined && (host === undefined || host === "localhost");
  const address = useSocket ? { socket } : {
    host: checkHost(host ?? "127.0.0.1"),
    port: checkRange({ port }, "port", PORT) ?? 3306,
  };
  const tls = readTlsOptions(options);
  // A Unix socket goes without TLS unless that is asked for.
  if (!useSocket || tls.sslMode !== "PREFERRED") await checkTlsFiles(tls);
  const connectTimeoutMs = checkRange(options, "connect-timeout", CONNECT_TIMEOUT) ??
    CONNECT_TIMEOUT_MS;
  const text = (name: string): string | undefined => options[name] as string | undefined;
  const algorithms = text("compression-algorithms")?.split(",").map((name) =>
    choice<CompressionAlgorithm>("compression-algorithms", name.trim(), ALGORITHMS)
  );
  const keyPath = text("server-public-key-path");
  // Asked for last, when all else is right.
  const password = await readPassword(context, url.password, user);
  return {
    ...address,
    user,
    ...tls,
    getServerPublicKey: options["get-server-public-key"] === true,
    connectTimeoutMs,
    ...(password === undefined ? {} : { password }),
    ...(keyPath === undefined ? {} : { serverPublicKeyPath: keyPath }),
    ...(algorithms === undefined ? {} : { compressionAlgorithms: algorithms }),
  };
}
