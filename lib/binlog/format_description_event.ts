import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { FormatError } from "../errors.ts";

/** Footer of the events of a file, from the algorithm byte of its format description. */
export const CHECKSUM_ALGORITHM = { OFF: 0, CRC32: 1 } as const;

/**
 * FORMAT_DESCRIPTION_EVENT body:
 *
 *     0   u16  binlog version, always 4
 *     2   50   server version, NUL padded
 *     52  u32  created: time of server start for the first file after it, else 0
 *     56  u8   size of the common header, always 19
 *     57  N    post-header length of each event type, from type 1 on
 *     +N  u8   checksum algorithm, and the event's own CRC32 follows (servers from 5.6.1 on)
 *
 * N is what is left: it differs by version and even between files of one server after an upgrade.
 * The CRC is computed with the in-use flag (0x01) cleared and is there even with algorithm OFF.
 */
export interface FormatDescriptionEvent {
  binlogVersion: number;
  serverVersion: string;
  /** Seconds since 1970. */
  created: number;
  headerLength: number;
  postHeaderLengths: Uint8Array;
  /** Undefined for servers before 5.6.1, which have neither algorithm byte nor CRC. */
  checksumAlgorithm: number | undefined;
}

/** Whether a server of this version writes the algorithm byte and CRC (5.6.1; MariaDB 5.3.0). */
export function versionHasChecksums(version: string): boolean {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (!match) return false;
  const number = Number(match[1]) * 1e6 + Number(match[2]) * 1e3 + Number(match[3]);
  return number >= (/mariadb/i.test(version) ? 5_003_000 : 5_006_001);
}

/** Whether a format description's server version is MariaDB's. */
export function isMariadbVersion(version: string): boolean {
  return /mariadb/i.test(version);
}

/**
 * Reads a format description from the whole event without its common header but WITH its last
 * four bytes (the CRC of servers that have one).
 * @throws {FormatError} where it is short, of another binlog version or names an unknown checksum.
 */
export function decodeFormatDescriptionEvent(body: Uint8Array): FormatDescriptionEvent {
  const reader = new ByteReader(body);
  const binlogVersion = reader.u16("binlog_version");
  if (binlogVersion !== 4) {
    throw new FormatError(`Cannot read format description: binlog version ${binlogVersion}`, {
      field: "binlog_version",
      expected: "4",
      found: String(binlogVersion),
      hint: "binlogd reads files of MySQL 5.0 and later",
    });
  }
  const serverVersion = reader.text(50, "server_version").replace(/\0.*$/s, "");
  const created = reader.u32("created");
  const headerLength = reader.u8("header_length");
  if (headerLength !== 19) {
    throw new FormatError(`Cannot read format description: header length ${headerLength}`, {
      field: "header_length",
      expected: "19",
      found: String(headerLength),
    });
  }
  const hasChecksum = versionHasChecksums(serverVersion);
  const tail = hasChecksum ? 5 : 0;
  const postHeaderLengths = reader.take(reader.remaining - tail, "post_header_lengths").slice();
  const checksumAlgorithm = hasChecksum ? reader.u8("checksum_algorithm") : undefined;
  if (checksumAlgorithm !== undefined && checksumAlgorithm > 1) {
    throw new FormatError(`Cannot read format description: checksum type ${checksumAlgorithm}`, {
      field: "checksum_algorithm",
      expected: "0 (none) or 1 (CRC32)",
      found: String(checksumAlgorithm),
    });
  }
  return {
    binlogVersion,
    serverVersion,
    created,
    headerLength,
    postHeaderLengths,
    checksumAlgorithm,
  };
}

/** Writes a format description body without the CRC (the algorithm byte is the last one). */
export function encodeFormatDescriptionEvent(
  event: FormatDescriptionEvent,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(256).u16(event.binlogVersion);
  const start = writer.length;
  writer.text(event.serverVersion);
  writer.zeros(start + 50 - writer.length).u32(event.created).u8(event.headerLength);
  writer.bytes(event.postHeaderLengths);
  if (event.checksumAlgorithm !== undefined) writer.u8(event.checksumAlgorithm);
  return writer.done();
}
