import { AuthError, ConnectionError, ServerError } from "../errors.ts";
import { sourceAddress, type SourceOptions } from "./source_options.ts";

/** Hints for the ERR packets that come instead of a greeting or a login's OK. */
const LOGIN_HINTS: Record<number, string> = {
  1044: "on the source: GRANT REPLICATION SLAVE ON *.* TO the account",
  1045: "check user and password, and that the account exists for this client's host " +
    "(SELECT user, host FROM mysql.user)",
  1130: "create the account for this client's address, or '%'",
  1129: "the server blocked this host after failed connections: FLUSH HOSTS there, or TRUNCATE " +
    "TABLE performance_schema.host_cache",
  1251: "the account's plugin is not one both sides have",
  1524: "the server does not have the account's authentication plugin loaded",
  1698: "the account is only for local users of the same name (unix_socket); use another account",
  1820: "set a new password for the account",
  1862: "the password has expired; set a new one",
  4151: "the account is locked: ALTER USER … ACCOUNT UNLOCK",
  3118: "the account is locked: ALTER USER … ACCOUNT UNLOCK",
  3159: "the server takes encrypted connections only: --ssl-mode=REQUIRED",
};

const ACCESS_DENIED = 1045;
const NO_PASSWORD = "no password was given: --password-file, MYSQL_PWD or an option file";

/** Codes that pass by themselves: too many connections, server shutting down or starting. */
const PASSING = new Set([1040, 1053, 1077, 1203]);

/** A socket that could not be opened. */
export function connectionRefused(cause: unknown, options: SourceOptions): ConnectionError {
  const address = sourceAddress(options);
  const reason = cause instanceof DOMException && cause.name === "TimeoutError"
    ? `no answer within ${options.connectTimeoutMs} ms`
    : cause instanceof Error
    ? cause.message
    : String(cause);
  const hint = options.socket === undefined
    ? "is the server up, listening on that address (bind_address) and reachable through firewalls?"
    : "is the server up, and is that its socket?";
  return new ConnectionError(`Cannot connect to ${address}: ${reason}`, { cause, hint });
}

/** What a failed login means, in words and with what to do. */
export function loginRefused(error: unknown, options: SourceOptions): unknown {
  if (!(error instanceof ServerError)) return error;
  const { code, sqlState, found } = error.details;
  if (code === undefined) return error;
  const address = sourceAddress(options);
  const details = { code, ...(sqlState ? { sqlState } : {}), cause: error };
  if (PASSING.has(code)) {
    return new ConnectionError(`${address} does not take the connection now: ${found}`, details);
  }
  const hint = code === ACCESS_DENIED && !options.password ? NO_PASSWORD : LOGIN_HINTS[code];
  return new AuthError(`${address} refuses the login of ${options.user}: ${found}`, {
    ...details,
    ...(hint ? { hint } : {}),
  });
}
