/**
 * The error classes of binlogd. Each one exists because a caller decides something by it; the exit
 * code of the command is part of that decision. Library code throws these and never prints; the
 * command line adds `hint` as a "Try:" line.
 *
 * @module
 */

/** Where something was found: which file, which byte, which server, which field. */
export interface ErrorDetails {
  /** Binlog or store file the error is about. */
  file?: string;
  /** Byte position in `file`, 64-bit. */
  position?: number;
  /** Where in the file what the error is about ends. */
  end?: number;
  /** Name of the field that could not be read. */
  field?: string;
  /** What a correct input would have had there. */
  expected?: string;
  /** What was there. */
  found?: string;
  /** Error code sent by the server, for {@link ServerError}. */
  code?: number;
  /** SQLSTATE sent by the server, for {@link ServerError}. */
  sqlState?: string;
  /** What the user can do next; printed as "Try: …". */
  hint?: string;
  cause?: unknown;
}

/**
 * Base of all errors that binlogd raises on purpose. `exitCode` is the documented exit status of a
 * command that ends with it; `retriable` tells the reconnect loop whether asking again can help.
 */
export class BinlogdError extends Error {
  override name = "BinlogdError";
  readonly exitCode: number = 1;
  readonly retriable: boolean = false;
  readonly details: Readonly<ErrorDetails>;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.details = details;
  }
}

/** The command line is wrong: unknown option, missing argument. Exit 2. */
export class UsageError extends BinlogdError {
  override name = "UsageError";
  override readonly exitCode = 2;
}

/** Bytes that do not follow the binlog file format: damage, bad CRC, hole, lying length. Exit 3. */
export class FormatError extends BinlogdError {
  override name = "FormatError";
  override readonly exitCode = 3;
}

/** A peer that breaks the client/server protocol. The connection is of no more use. Exit 4. */
export class ProtocolError extends BinlogdError {
  override name = "ProtocolError";
  override readonly exitCode = 4;
  override readonly retriable = true;
}

/** A packet larger than whoever reads it takes. Exit 4. */
export class OversizeError extends ProtocolError {
  override name = "OversizeError";
}

/** The network failed: refused, reset, timed out, closed in the middle. Exit 4. */
export class ConnectionError extends BinlogdError {
  override name = "ConnectionError";
  override readonly exitCode = 4;
  override readonly retriable = true;
}

/** The server answered with an ERR packet. `details.code` and `details.sqlState` are set. Exit 5. */
export class ServerError extends BinlogdError {
  override name = "ServerError";
  override readonly exitCode = 5;
}

/** Login refused, account unusable, or TLS demanded and not to be had. Exit 5. */
export class AuthError extends BinlogdError {
  override name = "AuthError";
  override readonly exitCode = 5;
}

/** The store can't be used: locked, unreadable, disk full, files and state disagree. Exit 6. */
export class StoreError extends BinlogdError {
  override name = "StoreError";
  override readonly exitCode = 6;
}

/**
 * Bytes of the store's newest file that were durable once are gone or damaged: what is there of
 * `details.file` is good up to `position`, and had been durable up to `end`. Exit 6.
 */
export class LostBytesError extends StoreError {
  override name = "LostBytesError";
}

/** Reading or writing the store failed: disk full, read-only, folder gone. May pass. Exit 6. */
export class StoreIoError extends StoreError {
  override name = "StoreIoError";
  override readonly retriable = true;
}

/** The source is not the one the store was made from, or its history has diverged. Exit 7. */
export class DivergenceError extends BinlogdError {
  override name = "DivergenceError";
  override readonly exitCode = 7;
}

/**
 * Bytes that came again differ from those in the file. Parts of a large event are compared before
 * its checksum is known, so the link may have done it: to be believed when it is seen again. Exit 7.
 */
export class BytesDifferError extends DivergenceError {
  override name = "BytesDifferError";
}

/** A stop condition that was asked for was never reached. Exit 8. */
export class StopNotReachedError extends BinlogdError {
  override name = "StopNotReachedError";
  override readonly exitCode = 8;
}
