/**
 * Replicas at the live tail: PORT FLAGS COUNT SECONDS. Each row event that begins with the mark has
 * the time it was written in it, as seconds with a fraction; prints how long they were on their way.
 */
import { rawDump } from "./raw_dump.ts";

const [port, flags, count, seconds] = Deno.args.map(Number);
const FIRST_SERVER_ID = 4_000_001_000;
const HEADER = 4;
/** Bytes of a row event in which the mark is looked for. */
const HEAD = 100;
const WRITE_ROWS = 30;
const WRITE_ROWS_V1 = 23;
const MARK = "<T";

const latin1 = new TextDecoder("latin1");
const times: number[] = [];
const endAt = Date.now() + seconds! * 1000;

function note(packet: Uint8Array): void {
  const type = packet[HEADER + 5];
  if (type !== WRITE_ROWS && type !== WRITE_ROWS_V1) return;
  const text = latin1.decode(packet.subarray(HEADER, HEADER + HEAD));
  const at = text.indexOf(MARK);
  if (at < 0) return;
  const written = parseFloat(text.slice(at + MARK.length)) * 1000;
  times.push(performance.timeOrigin + performance.now() - written);
}

async function follow(serverId: number): Promise<void> {
  const { stream, buffered } = await rawDump(port!, flags!, serverId);
  const buffer = new Uint8Array(128 * 1024);
  buffer.set(buffered);
  let end = buffered.length;
  const timer = setTimeout(() => stream.close(), endAt - Date.now());
  try {
    for (;;) {
      let at = 0;
      while (end - at >= HEADER) {
        const size = HEADER + buffer[at]! + (buffer[at + 1]! << 8) + (buffer[at + 2]! << 16);
        if (end - at < size) break;
        note(buffer.subarray(at, at + size));
        at += size;
      }
      buffer.copyWithin(0, at, end);
      end -= at;
      const read = await stream.read(buffer.subarray(end));
      if (read === null) break;
      end += read;
    }
  } catch {
    // closed when the time was up
  }
  clearTimeout(timer);
}

const readers: Promise<void>[] = [];
for (let i = 0; i < count!; i++) readers.push(follow(FIRST_SERVER_ID + i));
await Promise.all(readers);
times.sort((a, b) => a - b);
const at = (part: number): number => times[Math.min(times.length - 1, times.length * part | 0)]!;
const result = { events: times.length, p50: at(0.5), p99: at(0.99), max: at(1) };
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
