/**
 * A reader that writes what comes without a look at it, 1 MiB at a time: what reading and writing
 * alone cost in this runtime. What it makes is no binlog file.
 */
import { endsDump } from "./ends_dump.ts";
import { rawDump } from "./raw_dump.ts";

const { stream } = await rawDump(Number(Deno.args[0]), Number(Deno.args[1]));
using file = Deno.openSync(`${Deno.args[2]}/bytes`, { write: true, createNew: true });
const buffer = new Uint8Array(1024 * 1024);
for (let ended = false; !ended;) {
  let end = 0;
  while (end < buffer.length && !ended) {
    const size = await stream.read(buffer.subarray(end));
    end += size ?? 0;
    ended = size === null || endsDump(buffer.subarray(0, end));
  }
  file.writeSync(buffer.subarray(0, end));
}
stream.close();
