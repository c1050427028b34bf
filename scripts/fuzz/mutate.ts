import { crc32 } from "../../lib/bytes/crc32.ts";

/** A small generator of numbers that a seed decides (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 or more, less than 2^32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  }

  /** 0 or more, less than `limit`. */
  below(limit: number): number {
    return this.next() % limit;
  }
}

/** Values at which lengths and counts go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];
const HEADER_SIZE = 19;

/** Places where the events of a file begin. */
function eventStarts(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const starts: number[] = [];
  for (let at = 4; at + HEADER_SIZE <= file.length;) {
    starts.push(at);
    const size = view.getUint32(at + 9, true);
    if (size < HEADER_SIZE) break;
    at += size;
  }
  return starts;
}

function changeByte(bytes: Uint8Array, at: number, random: Random): void {
  switch (random.below(4)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8);
      break;
    case 1:
      bytes[at] = EDGES[random.below(EDGES.length)]!;
      break;
    case 2:
      bytes[at] = random.below(256);
      break;
    default:
      bytes.fill(EDGES[random.below(EDGES.length)]!, at, at + 1 + random.below(8));
  }
}

/** Makes the checksums of a file good again, so that what is behind them is reached. */
function mendChecksums(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (const at of eventStarts(file)) {
    const end = at + view.getUint32(at + 9, true);
    if (end > file.length || end - at < HEADER_SIZE + 4) return;
    view.setUint32(end - 4, crc32(file.subarray(at, end - 4)), true);
  }
}

/** So many events of a file are kept, that a round is short. */
const EVENTS_KEPT = 24;

/** The head of a file and a run of its events. */
function excerpt(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const starts = eventStarts(file);
  if (starts.length <= EVENTS_KEPT) return new Uint8Array(file);
  const first = 1 + random.below(starts.length - 1);
  const head = starts[1]!;
  const from = starts[first]!;
  const to = starts[first + EVENTS_KEPT] ?? file.length;
  const copy = new Uint8Array(head + to - from);
  copy.set(file.subarray(0, head));
  copy.set(file.subarray(from, to), head);
  movePositions(copy);
  return copy;
}

/** Makes log_pos, and checksums, of a file right again. */
function movePositions(file: Uint8Array): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (const at of eventStarts(file)) {
    if (view.getUint32(at + 13, true) === 0) continue;
    view.setUint32(at + 13, at + view.getUint32(at + 9, true), true);
  }
  mendChecksums(file);
}

/** A changed copy of a part of a file: some bytes, most of them in bodies, or a cut, or an event moved. */
export function mutate(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let copy = excerpt(file, random);
  const starts = eventStarts(copy);
  const kind = random.below(10);
  if (kind === 0) copy = copy.slice(0, random.below(copy.length + 1));
  else if (kind === 1 && starts.length > 2) {
    // Without one of its events.
    const i = 1 + random.below(starts.length - 1);
    const from = starts[i]!;
    const to = starts[i + 1] ?? copy.length;
    const shorter = new Uint8Array(copy.length - (to - from));
    shorter.set(copy.subarray(0, from));
    shorter.set(copy.subarray(to), from);
    copy = shorter;
  } else {
    for (let left = 1 + random.below(4); left > 0; left--) {
      const start = starts[random.below(starts.length)] ?? 0;
      const next = starts.find((at) => at > start) ?? copy.length;
      const inHeader = random.below(8) === 0;
      const low = inHeader ? start : Math.min(start + HEADER_SIZE, copy.length - 1);
      const span = Math.max(1, (inHeader ? start + HEADER_SIZE : next) - low);
      // The beginnings of bodies hold the lengths.
      const within = random.below(2) === 0 ? random.below(Math.min(span, 64)) : random.below(span);
      changeByte(copy, Math.min(low + within, copy.length - 1), random);
    }
  }
  if (random.below(4) > 0) mendChecksums(copy);
  return copy;
}
