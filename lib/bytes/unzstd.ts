import { Decompress } from "fzstd";
import { ZSTD_WINDOW_MAX, zstdWindow } from "./zstd_window.ts";

/**
 * Unpacks a zstd frame in JavaScript, for runtimes whose node:zlib has no zstd. Returns at most `size`
 * bytes: what is more makes it throw, as does damage.
 */
export function unzstd(bytes: Uint8Array, size: number): Uint8Array {
  const window = zstdWindow(bytes) ?? Infinity;
  if (window > ZSTD_WINDOW_MAX) throw new RangeError("no zstd frame, or one that is too large");
  const content = new Uint8Array(size);
  let end = 0;
  const stream = new Decompress((part) => {
    if (end + part.length > size) throw new RangeError(`more than ${size} bytes`);
    content.set(part, end);
    end += part.length;
  });
  stream.push(bytes, true);
  return content.subarray(0, end);
}
