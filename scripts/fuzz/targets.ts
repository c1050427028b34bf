import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { TextOutput } from "../../lib/binlog/values/text_output.ts";
import { eventInfo } from "../../lib/inspect/event_info.ts";
import { EventJson } from "../../lib/inspect/events_json.ts";
import { EventLines } from "../../lib/inspect/events_lines.ts";
import { EventFilter } from "../../lib/inspect/events_filter.ts";
import { EventStream } from "../../lib/inspect/event_stream.ts";
import { type EventVisitor, EventWalk } from "../../lib/inspect/events_walk.ts";
import { parseWantedGtids } from "../../lib/inspect/find_gtid.ts";
import { EventStats } from "../../lib/inspect/stats.ts";
import { FormatError } from "../../lib/errors.ts";
import type { Random } from "./mutate.ts";

/** Something that reads a file, however broken. */
export interface FuzzTarget {
  name: string;
  /** Throws errors of this project only. */
  run(file: Uint8Array<ArrayBuffer>, random: Random): void | Promise<void>;
}

/** Reads bytes as a file. */
export function memoryReader(bytes: Uint8Array): { readSync(buffer: Uint8Array): number | null } {
  let at = 0;
  return {
    readSync(buffer) {
      if (at >= bytes.length) return null;
      const size = Math.min(buffer.length, bytes.length - at);
      buffer.set(bytes.subarray(at, at + size));
      at += size;
      return size;
    },
  };
}

/** Output that is thrown away, but for an amount that no small file may turn into. */
function nowhere(): TextOutput {
  let size = 0;
  return new TextOutput((bytes) => {
    size += bytes.length;
    if (size > 2 ** 31) throw new Error("printed more than 2 GiB");
  });
}

function walkWith(file: Uint8Array, visitor: EventVisitor): void {
  const walk = new EventWalk(visitor);
  const scanner = new EventScanner(memoryReader(file), { file: "fuzz" });
  while (scanner.next()) walk.take(scanner);
}

function lines(out: TextOutput, verbose: number, hex: boolean): EventVisitor {
  const fullValues = verbose > 1;
  return new EventLines(out, {
    utc: true,
    verbose,
    hex,
    packets: false,
    heads: true,
    fullValues,
  });
}

function filtered(file: Uint8Array): void {
  const filter = new EventFilter({
    includeGtids: parseWantedGtids("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"),
    tables: [{ database: "d", table: "t" }],
  });
  const walk = new EventWalk(lines(nowhere(), 1, false), filter);
  const scanner = new EventScanner(memoryReader(file), { file: "fuzz", verifyChecksums: true });
  while (scanner.next()) walk.take(scanner);
}

function infos(file: Uint8Array): void {
  const scanner = new EventScanner(memoryReader(file), { file: "fuzz" });
  while (scanner.next()) {
    try {
      eventInfo(scanner.head, { checksumSize: scanner.checksumSize, flavour: "mariadb" });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** The file's bytes as what a socket brings, cut at random. */
async function packets(file: Uint8Array<ArrayBuffer>, random: Random): Promise<void> {
  const events: Uint8Array[] = [];
  const view = new DataView(file.buffer);
  for (let at = 4, sequence = 1; at + 19 <= file.length;) {
    const size = Math.min(Math.max(19, view.getUint32(at + 9, true)), file.length - at);
    const length = random.below(50) === 0 ? random.below(2 ** 24) : size + 1;
    const head = [length & 255, (length >> 8) & 255, (length >> 16) & 255, sequence++ & 255, 0];
    events.push(Uint8Array.from(head), file.subarray(at, at + size));
    at += size;
  }
  const bytes = new Uint8Array(await new Blob(events as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const reader = memoryReader(bytes);
  const stream = new EventStream({
    stream: {
      read: (buffer) =>
        Promise.resolve(reader.readSync(buffer.subarray(0, 1 + random.below(buffer.length)))),
      write: (data) => Promise.resolve(data.length),
      close: () => {},
    },
    buffered: new Uint8Array(0),
    checksum: true,
    onWait: () => {},
  });
  const walk = new EventWalk(lines(nowhere(), 1, false));
  try {
    while (await stream.next()) walk.take(stream);
  } finally {
    stream.close();
  }
}

/** All that is fuzzed. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  { name: "events", run: (file) => walkWith(file, lines(nowhere(), 0, false)) },
  { name: "events -vv", run: (file) => walkWith(file, lines(nowhere(), 2, false)) },
  { name: "events --hex", run: (file) => walkWith(file, lines(nowhere(), 0, true)) },
  {
    name: "events --json",
    run: (file) => walkWith(file, new EventJson(nowhere(), { fullValues: true })),
  },
  { name: "events --stats", run: (file) => walkWith(file, new EventStats({ top: 3 })) },
  { name: "filters", run: filtered },
  { name: "infos", run: infos },
  { name: "packets", run: packets },
];
