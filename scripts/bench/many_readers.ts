/** Many readers that throw away what comes, at once: PORT FLAGS COUNT; prints bytes and seconds. */
import { rawDump } from "./raw_dump.ts";

const [port, flags, count] = Deno.args.map(Number);
const FIRST_SERVER_ID = 4_000_000_100;

async function read(serverId: number): Promise<number> {
  const { stream, buffered } = await rawDump(port!, flags!, serverId);
  const buffer = new Uint8Array(256 * 1024);
  let bytes = buffered.length;
  for (;;) {
    const size = await stream.read(buffer);
    if (size === null) break;
    bytes += size;
    const tail = buffer.subarray(Math.max(0, size - 9), size);
    // A non-blocking dump ends with an EOF packet: 05 00 00 seq fe …
    if (tail.length === 9 && tail[0] === 5 && tail[1] === 0 && tail[2] === 0 && tail[4] === 0xfe) {
      break;
    }
  }
  stream.close();
  return bytes;
}

const start = performance.now();
const reading = Array.from({ length: count! }, (_, i) => read(FIRST_SERVER_ID + i));
const bytes = (await Promise.all(reading)).reduce((sum, size) => sum + size, 0);
const result = { bytes, seconds: (performance.now() - start) / 1000 };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result) + "\n"));
