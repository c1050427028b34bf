/** A reader that throws away what comes: no client can be faster than the source sends. */
import { rawDump } from "./raw_dump.ts";

const { stream } = await rawDump(Number(Deno.args[0]), Number(Deno.args[1]));
const buffer = new Uint8Array(1024 * 1024);
let tail = new Uint8Array(0);
for (;;) {
  const size = await stream.read(buffer);
  if (size === null) break;
  tail = buffer.slice(Math.max(0, size - 9), size);
  // A non-blocking dump ends with an EOF packet: 05 00 00 seq fe …
  if (tail.length === 9 && tail[0] === 5 && tail[1] === 0 && tail[2] === 0 && tail[4] === 0xfe) {
    break;
  }
}
stream.close();
