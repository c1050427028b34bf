import { FormatError } from "../errors.ts";

const ENCRYPTED_MAGIC = 0xfd;

/** The error for a file that does not begin with the magic; `bytes` are its first four. */
export function magicError(file: string, bytes: Uint8Array): FormatError {
  const found = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const encrypted = bytes[0] === ENCRYPTED_MAGIC;
  return new FormatError(
    `Cannot read ${file}: it ${
      encrypted ? "is an encrypted binlog" : `is no binlog file, it begins with ${found}`
    }`,
    {
      file,
      position: 0,
      expected: "fe 62 69 6e",
      found,
      hint: encrypted
        ? "fetch it from the server with binlogd dump, which sends it in plain text"
        : "name a binlog file, such as binlog.000001",
    },
  );
}

/** The error for an event that can't be right. */
export function damagedEventError(
  at: { file: string; position: number },
  what: string,
  expected: string,
  found: string,
): FormatError {
  return new FormatError(`Damaged event at ${at.file}:${at.position}: ${what}`, {
    file: at.file,
    position: at.position,
    expected,
    found,
    hint: "binlogd verify shows every damaged file",
  });
}

/** The error for an event that the end of the file cuts off. */
export function cutOffError(
  at: { file: string; position: number; eventSize: number },
  missing: number,
): FormatError {
  return new FormatError(
    `Event at ${at.file}:${at.position} is cut off: ${at.eventSize} bytes, of which ${missing} ` +
      `are missing`,
    { file: at.file, position: at.position },
  );
}
