/** A reader that throws away what comes: no client can be faster than the source sends. */
import { endsDump } from "./ends_dump.ts";
import { rawDump } from "./raw_dump.ts";

const { stream } = await rawDump(Number(Deno.args[0]), Number(Deno.args[1]));
const buffer = new Uint8Array(1024 * 1024);
for (let ended = false; !ended;) {
  const size = await stream.read(buffer);
  ended = size === null || endsDump(buffer.subarray(0, size));
}
stream.close();
