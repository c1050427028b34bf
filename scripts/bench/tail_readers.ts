/**
 * Replicas at the live tail: PORT FLAGS COUNT. Each row event that begins with the mark has the time
 * it was written in it, as seconds with a fraction. Says so when all of them are at the tail; when
 * all have come to the mark of the end, prints how long the events were on their way.
 */
import { processCost } from "./process_cost.ts";
import { rawDump } from "./raw_dump.ts";
import { TAIL_MARK, TAIL_PHASE } from "./tail_mark.ts";

const [port, flags, count] = Deno.args.map(Number);
const FIRST_SERVER_ID = 4_000_001_000;
const HEADER = 4;
/** Bytes of a row event in which the mark is looked for. */
const HEAD = 100;
const WRITE_ROWS = 30;
const WRITE_ROWS_V1 = 23;
const latin1 = new TextDecoder("latin1");
const times: number[] = [];
let ready = 0;

function print(found: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(found) + "\n"));
}

/** Looks at one packet; true when it is the last one. */
function note(packet: Uint8Array): boolean {
  const type = packet[HEADER + 5];
  if (type !== WRITE_ROWS && type !== WRITE_ROWS_V1) return false;
  const text = latin1.decode(packet.subarray(HEADER, HEADER + HEAD));
  const at = text.indexOf(TAIL_MARK);
  if (at < 0) return false;
  const phase = text[at + TAIL_MARK.length];
  if (phase === TAIL_PHASE.timed) {
    const written = parseFloat(text.slice(at + TAIL_MARK.length + 1)) * 1000;
    times.push(performance.timeOrigin + performance.now() - written);
  } else if (phase === TAIL_PHASE.ready && ++ready === count) print({ ready });
  return phase === TAIL_PHASE.end;
}

async function follow(serverId: number): Promise<void> {
  const { stream, buffered } = await rawDump(port!, flags!, serverId);
  const buffer = new Uint8Array(128 * 1024);
  buffer.set(buffered);
  let end = buffered.length;
  for (let over = false; !over;) {
    let at = 0;
    while (end - at >= HEADER) {
      const size = HEADER + buffer[at]! + (buffer[at + 1]! << 8) + (buffer[at + 2]! << 16);
      if (end - at < size) break;
      over = note(buffer.subarray(at, at + size)) || over;
      at += size;
    }
    buffer.copyWithin(0, at, end);
    end -= at;
    if (over) break;
    const read = await stream.read(buffer.subarray(end));
    if (read === null) throw new Error(`the source ended the dump of replica ${serverId}`);
    end += read;
  }
  stream.close();
}

const readers: Promise<void>[] = [];
for (let i = 0; i < count!; i++) readers.push(follow(FIRST_SERVER_ID + i));
await Promise.all(readers);
times.sort((a, b) => a - b);
const at = (part: number): number => times[Math.min(times.length - 1, times.length * part | 0)]!;
const { cpu } = await processCost(Deno.pid);
print({ events: times.length, p50: at(0.5), p99: at(0.99), max: at(1), cpu });
