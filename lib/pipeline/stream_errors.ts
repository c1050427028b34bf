import { DivergenceError, FormatError, ProtocolError } from "../errors.ts";
import { CHECKSUM_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { eventTypeName } from "../binlog/event_type.ts";
import { crc32 } from "../bytes/crc32.ts";

const REFETCH_HINT =
  "nothing of it was stored; the dump asks for it again, and if it comes back check the source's " +
  "file with mysqlbinlog --verify-binlog-checksum";

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}

/** The CRC of an event does not match its bytes. */
export function checksumError(
  file: string,
  position: number,
  type: number,
  computed: number,
  stored: number,
): FormatError {
  return new FormatError(
    `Bad checksum at ${file}:${position} in ${eventTypeName(type)}: computed ${hex(computed)}, ` +
      `event says ${hex(stored)}`,
    { file, position, expected: hex(computed), found: hex(stored), hint: REFETCH_HINT },
  );
}

/** {@link checksumError} for the event, whole and with a checksum, that `bytes` begins with. */
export function damageError(file: string, position: number, bytes: Uint8Array): FormatError {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = view.getUint32(HEADER_OFFSET.eventSize, true) - CHECKSUM_SIZE;
  const computed = crc32(bytes.subarray(0, end));
  return checksumError(file, position, bytes[4]!, computed, view.getUint32(end, true));
}

/** log_pos and our own offset disagree: bytes are missing, or came twice. */
export function holeError(
  file: string,
  position: number,
  type: number,
  size: number,
  logPos: number,
): FormatError {
  const expected = (position + size) % 2 ** 32;
  return new FormatError(
    `Hole in the stream at ${file}:${position}: ${eventTypeName(type)} of ${size} bytes must end ` +
      `at ${expected}, but says ${logPos}`,
    {
      file,
      position,
      expected: String(expected),
      found: String(logPos),
      hint: "the source left events out or its file is damaged; compare it with " +
        "mysqlbinlog --read-from-remote-server",
    },
  );
}

/** An event's size field and the packet it came in disagree. */
export function sizeError(
  file: string,
  position: number,
  expected: number,
  found: number,
): FormatError {
  return new FormatError(
    `Wrong event size at ${file}:${position}: the packet has ${expected} bytes, the event says ` +
      `${found}`,
    { file, position, expected: String(expected), found: String(found), hint: REFETCH_HINT },
  );
}

/** The error for a file that the source begins and the store has already. */
export function heldFileError(file: string): DivergenceError {
  return new DivergenceError(`The source begins ${file}, which the store already holds`, {
    file,
    expected: "a file that is not in the store",
    found: file,
    hint: "the source's binlogs were reset; begin a new history with --new-era",
  });
}

/** An event is larger than what is kept of one of its type. */
export function tooLargeError(
  file: string | undefined,
  position: number,
  type: number,
  size: number,
): FormatError {
  return new FormatError(`Cannot read ${eventTypeName(type)} of ${size} bytes: too large`, {
    ...(file === undefined ? {} : { file }),
    position,
  });
}

/** The connection ended inside an event. */
export function cutEventError(file: string, position: number, missing: number): ProtocolError {
  return new ProtocolError(
    `Cannot read event at ${file}:${position}: the connection ended ${missing} bytes before its end`,
  );
}
