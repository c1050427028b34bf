import { FormatError } from "../errors.ts";

/**
 * A file of which the rest can't be read because MariaDB encrypted it, which is no damage: what comes
 * before `details.position` is plain. Exit 3.
 */
export class EncryptedError extends FormatError {
  override name = "EncryptedError";

  /** `at`: the START_ENCRYPTION_EVENT behind which the file is encrypted. */
  constructor(at: { file: string; endPosition: number }) {
    super(`What follows ${at.file}:${at.endPosition} is encrypted`, {
      file: at.file,
      position: at.endPosition,
      expected: "plain text",
      found: "encrypted events",
      hint: "fetch the file from the server with binlogd dump, which sends it in plain text",
    });
  }
}
