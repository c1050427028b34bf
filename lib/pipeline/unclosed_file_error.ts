/**
 * A file ended without a rotate or stop event. That is how a source leaves it that crashed, and how a
 * stream goes on whose source was reset meanwhile (RESET BINARY LOGS AND GTIDS), in files of another
 * history: asked for the end of the file again, it shows which of the two it is.
 */
export class UnclosedFileError extends Error {
  override name = "UnclosedFileError";
  readonly file: string;

  constructor(file: string, next: string) {
    super(`${file} ends without a rotate event, and the source goes on with ${next}`);
    this.file = file;
  }
}
