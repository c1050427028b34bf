/**
 * The plain way to write it: one read per packet header, one per packet, one write per event, no
 * checks. It shows what batching is worth.
 */
import { rawDump } from "./raw_dump.ts";

const [port, flags, dir, limit] = [
  Number(Deno.args[0]),
  Number(Deno.args[1]),
  Deno.args[2]!,
  Number(Deno.args[3] ?? Infinity),
];
let taken = 0;
const { stream, buffered } = await rawDump(port, flags);
let ahead = buffered;

async function readExactly(size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let done = Math.min(size, ahead.length);
  bytes.set(ahead.subarray(0, done));
  ahead = ahead.subarray(done);
  while (done < size) {
    const count = await stream.read(bytes.subarray(done));
    if (count === null) throw new Error("the connection ended");
    done += count;
  }
  return bytes;
}

await Deno.mkdir(dir, { recursive: true });
let file: Deno.FsFile | undefined;
while (taken < limit) {
  const header = await readExactly(4);
  const packet = await readExactly(header[0]! | (header[1]! << 8) | (header[2]! << 16));
  if (packet[0] !== 0) break;
  const event = packet.subarray(1);
  taken += event.length;
  if (event[4] === 4 && event[13] === 0 && event[14] === 0) { // artificial rotate: the next file
    file?.close();
    const end = event.indexOf(0, 27) < 0 ? event.length : event.length - 4;
    const name = new TextDecoder().decode(event.subarray(27, end)).match(/^[\w.-]+\.\d{6,}/)![0];
    file = await Deno.open(`${dir}/${name}`, { write: true, create: true, truncate: true });
    await file.write(Uint8Array.of(0xfe, 0x62, 0x69, 0x6e));
  } else await file!.write(event);
}
file?.close();
stream.close();
