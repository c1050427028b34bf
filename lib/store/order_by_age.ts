import { encodeRotateEvent } from "../binlog/rotate_event.ts";
import { CHECKSUM_SIZE } from "../binlog/event_header.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { readBeginTime } from "./read_begin_time.ts";

/** Files in the order of time, and those of which it can't be told. */
export interface FileOrder {
  files: string[];
  unplaced: string[];
}

/** Files of which the order is known, with what is known of their ages. */
interface Queue {
  names: string[];
  next: number;
}

/**
 * Puts the files of a store in the order of time: the listed ones keep theirs, those of one base
 * name go by their numbers, and where a source's log_bin was changed, so that base names meet, the
 * heads of the files tell. A file whose head is damaged stays behind the one that it follows.
 */
export function orderByAge(
  dir: string,
  listed: readonly string[],
  unlisted: readonly string[],
): FileOrder {
  const byBase = new Map<string, string[]>();
  for (const name of unlisted) {
    const base = baseOf(name);
    const names = byBase.get(base);
    if (names) names.push(name);
    else byBase.set(base, [name]);
  }
  const ages = new Ages(dir);
  const queues: Queue[] = [[...listed], ...byBase.values()].map((names) => ({ names, next: 0 }))
    .filter(({ names }) => names.length > 0);
  const unplaced = queues.slice(listed.length > 0 ? 1 : 0)
    .filter((queue) => isAlone(queue, queues) && !queue.names.some((name) => ages.knows(name)))
    .flatMap(({ names }) => names);
  let left = queues.filter(({ names }) => !unplaced.includes(names[0]!));
  const files: string[] = [];
  while (left.length > 1) {
    const last = files[files.length - 1];
    const queue = left.find((queue) => last !== undefined && isNext(dir, last, queue)) ??
      left.reduce((oldest, queue) => ages.isBefore(queue, oldest) ? queue : oldest);
    files.push(queue.names[queue.next++]!);
    left = left.filter(({ names, next }) => next < names.length);
  }
  for (const { names, next } of left) files.push(...names.slice(next));
  return { files, unplaced };
}

/** Whether nothing but their ages places the files of a queue among others. */
function isAlone(queue: Queue, queues: readonly Queue[]): boolean {
  const base = baseOf(queue.names[0]!);
  const others = queues.filter((other) => other !== queue);
  return others.length > 0 && others.every(({ names }) => names.every((n) => baseOf(n) !== base));
}

function baseOf(name: string): string {
  return parseBinlogFileName(name)!.base;
}

/** Whether the next file of a queue is the one that the ROTATE_EVENT at the end of `last` names. */
function isNext(dir: string, last: string, { names, next }: Queue): boolean {
  const name = names[next]!;
  if (baseOf(last) !== baseOf(name)) return false; // a server begins a new base when it is started
  const body = encodeRotateEvent({ position: 4, file: name });
  try {
    using handle = Deno.openSync(`${dir}/${last}`, { read: true });
    const tail = new Uint8Array(body.length + CHECKSUM_SIZE);
    handle.seekSync(-tail.length, Deno.SeekMode.End);
    if (handle.readSync(tail) !== tail.length) return false;
    return [0, CHECKSUM_SIZE].some((start) => body.every((byte, i) => tail[start + i] === byte));
  } catch {
    return false;
  }
}

/** When files were begun, each read once and only where it matters. */
class Ages {
  readonly #dir: string;
  readonly #times = new Map<string, number | undefined>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  timeOf(name: string): number | undefined {
    if (!this.#times.has(name)) this.#times.set(name, readBeginTime(`${this.#dir}/${name}`));
    return this.#times.get(name);
  }

  knows(name: string): boolean {
    return this.timeOf(name) !== undefined;
  }

  /** Whether the next file of one queue is older than that of another. */
  isBefore(queue: Queue, other: Queue): boolean {
    const ours = parseBinlogFileName(queue.names[queue.next]!)!;
    const theirs = parseBinlogFileName(other.names[other.next]!)!;
    if (ours.base === theirs.base) return ours.sequence < theirs.sequence;
    return this.#nextTime(queue) < this.#nextTime(other);
  }

  /** Time of the next file of a queue, or of what is nearest to it where its head is damaged. */
  #nextTime({ names, next }: Queue): number {
    const known = names.findLast((name, i) => i <= next && this.knows(name)) ??
      names.find((name, i) => i > next && this.knows(name));
    return known === undefined ? Infinity : this.timeOf(known)!;
  }
}
