import { Decompress } from "fzstd";
import { ZSTD_WINDOW_MAX, zstdFrameEnd, zstdWindow } from "./zstd_window.ts";

/** Bytes of the longest frame header. */
const HEADER_MAX = 18;

/**
 * What the beginning of a zstd frame, or a frame with something behind it, tells of its contents: at
 * most `size` bytes. Throws like unzstd.
 */
export function beginUnzstd(bytes: Uint8Array, size: number): Uint8Array {
  const content = new Uint8Array(size);
  if (bytes.length < HEADER_MAX) return content.subarray(0, 0);
  const window = zstdWindow(bytes) ?? Infinity;
  if (window > ZSTD_WINDOW_MAX) throw new RangeError("no zstd frame, or one that is too large");
  let end = 0;
  const stream = new Decompress((part) => {
    content.set(part, end); // throws where there is more
    end += part.length;
  });
  const frameEnd = zstdFrameEnd(bytes);
  stream.push(bytes.subarray(0, frameEnd), frameEnd !== undefined);
  return content.subarray(0, end);
}
