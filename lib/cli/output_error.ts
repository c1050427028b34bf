import { BinlogdError } from "../errors.ts";

/** Standard output can't be written, for want of room where it goes for instance. Exit 6. */
export class OutputError extends BinlogdError {
  override name = "OutputError";
  override readonly exitCode = 6;
}
