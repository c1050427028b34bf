import { equals } from "@std/bytes";
import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { decodeFormatDescriptionEvent } from "../binlog/format_description_event.ts";
import { DivergenceError } from "../errors.ts";

/** Bytes of the created field in a format description body: 52 to 56. */
const CREATED_OFFSET = 52;
const CREATED_SIZE = 4;
/** Algorithm byte and CRC at the end of a format description body. */
const FORMAT_TAIL = 5;

/** The body without what a source changes when it sends it again: created, and with that the CRC. */
function plain(body: Uint8Array): Uint8Array {
  const copy = body.slice(0, body.length - FORMAT_TAIL + 1);
  copy.fill(0, CREATED_OFFSET, CREATED_OFFSET + CREATED_SIZE);
  return copy;
}

/**
 * Compares the stored format description of a file with the one the source sent for it.
 * @throws {DivergenceError} where it belongs to another file.
 */
export function checkSameFormat(file: string, stored: Uint8Array, sent: Uint8Array): void {
  if (equals(plain(stored), plain(sent))) return;
  const ours = decodeFormatDescriptionEvent(stored);
  const theirs = decodeFormatDescriptionEvent(sent);
  throw new DivergenceError(
    `The source's ${file} is of another server than the store's: ${theirs.serverVersion}, ` +
      `not ${ours.serverVersion}`,
    {
      file,
      position: BINLOG_MAGIC.length,
      expected: ours.serverVersion,
      found: theirs.serverVersion,
      hint: "keep this history and begin another beside it with --new-era",
    },
  );
}
