import { Decompress } from "fzstd";
import { ZSTD_WINDOW_MAX, zstdFrameEnd, zstdWindow } from "./zstd_window.ts";

/**
 * Unpacks zstd frames in JavaScript, for runtimes whose node:zlib has no zstd. Returns at most `size`
 * bytes: what is more makes it throw, as does damage. No frame gets more memory than zstd's own levels
 * ask for.
 */
export function unzstd(bytes: Uint8Array, size: number): Uint8Array {
  const content = new Uint8Array(size);
  let end = 0;
  for (let rest = bytes; rest.length > 0;) {
    const window = zstdWindow(rest) ?? Infinity;
    if (window > ZSTD_WINDOW_MAX) throw new RangeError("no zstd frame, or one that is too large");
    const frameEnd = zstdFrameEnd(rest);
    if (frameEnd === undefined) throw new RangeError("a zstd frame that is not whole");
    const stream = new Decompress((part) => {
      content.set(part, end); // throws where there is more
      end += part.length;
    });
    stream.push(rest.subarray(0, frameEnd), true);
    rest = rest.subarray(frameEnd);
  }
  return content.subarray(0, end);
}
