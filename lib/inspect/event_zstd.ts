import { ZSTD_WINDOW_MAX, zstdWindow } from "../bytes/zstd_window.ts";
import { FormatError } from "../errors.ts";

/**
 * Checks the head of a zstd frame before a decoder takes the memory that it asks for. Throws
 * FormatError.
 */
export function checkZstdWindow(bytes: Uint8Array): void {
  const bad = (what: string): FormatError =>
    new FormatError(`Cannot unpack a transaction: ${what}`, { field: "payload" });
  const size = zstdWindow(bytes);
  if (size === undefined) throw bad("no zstd frame");
  if (size > ZSTD_WINDOW_MAX) throw bad(`it needs a window of ${size} bytes`);
}
