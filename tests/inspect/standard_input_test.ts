import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { EventScanner, type SyncReader } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { StoreError, UsageError } from "../../lib/errors.ts";
import { type InputSource, StandardInput } from "../../lib/inspect/standard_input.ts";
import { binlogdCommand } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";

const MIB = 1024 * 1024;
const NEVER = new AbortController().signal;

/** Gives bytes in pieces of a size, as a pipe does; counts the reads that nobody could interrupt. */
class Pieces implements InputSource {
  readonly #bytes: Uint8Array;
  readonly #size: number;
  #at = 0;
  blocking = 0;

  constructor(bytes: Uint8Array, size: number) {
    this.#bytes = bytes;
    this.#size = size;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    await Promise.resolve();
    return this.#give(buffer);
  }

  readSync(buffer: Uint8Array): number | null {
    this.blocking++;
    return this.#give(buffer);
  }

  #give(buffer: Uint8Array): number | null {
    const part = this.#bytes.subarray(this.#at, this.#at + Math.min(this.#size, buffer.length));
    buffer.set(part);
    this.#at += part.length;
    return part.length || null;
  }
}

/** What a scanner finds, up to the end or to what is wrong. */
async function found(reader: SyncReader, more?: () => Promise<boolean>): Promise<string[]> {
  const scanner = new EventScanner(reader, { file: "b", verifyChecksums: true });
  const seen: string[] = [];
  try {
    while (scanner.next() || await more?.()) {
      const { position, eventType, eventSize } = scanner;
      if (eventSize > 0) seen.push(`${position} ${eventType} ${eventSize}`);
    }
  } catch (error) {
    seen.push((error as Error).message);
  }
  return [...seen, JSON.stringify(scanner.torn)];
}

/** A file with events of these sizes among small ones. */
function fileWith(...sizes: number[]): Uint8Array<ArrayBuffer> {
  const file = new FileBuilder("b").format();
  for (const [index, size] of sizes.entries()) file.transaction(index + 1, size);
  return file.rotate("b.000002").bytes();
}

async function compare(bytes: Uint8Array, size: number): Promise<Pieces> {
  let at = 0;
  const memory = {
    readSync(buffer: Uint8Array): number | null {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return part.length || null;
    },
  };
  const source = new Pieces(bytes, size);
  const input = new StandardInput(NEVER, source);
  assertEquals(await found(input, () => input.more()), await found(memory), `pieces of ${size}`);
  return source;
}

Deno.test("what comes in pieces is read as a file is, large events and cut ones too", async () => {
  const small = fileWith(60, 200, 5000);
  for (const size of [1, 7, 64, 100_000]) await compare(small, size);
  const bytes = fileWith(60, 3 * MIB, 10, MIB - 10, 5 * MIB + 1);
  const damaged = bytes.slice();
  damaged[2 * MIB]! ^= 1;
  const cuts = [2, 3 * MIB, 3 * MIB + 400, bytes.length - 7 * MIB, bytes.length - 70, bytes.length];
  for (const size of [65_536, 1_000_000]) {
    for (const cut of cuts) {
      const { blocking } = await compare(bytes.subarray(0, cut), size);
      assertEquals(blocking, 0);
    }
    await compare(damaged, size);
  }
});

Deno.test("of an event too large to be held the rest is waited for", async () => {
  const bytes = fileWith(60, 70 * MIB, 3 * MIB);
  const { blocking } = await compare(bytes, 65_536);
  assertEquals(blocking > 0, true);
  await compare(bytes.subarray(0, 69 * MIB), 65_536);
});

Deno.test("who waits for an input is told to end, and what is wrong with it", async () => {
  const controller = new AbortController();
  const silent: InputSource = { read: () => new Promise(() => {}), readSync: () => null };
  const waiting = new StandardInput(controller.signal, silent).more();
  controller.abort();
  assertEquals(await waiting, false);
  assertEquals(await new StandardInput(controller.signal, silent).more(), false);
  const error = new Deno.errors.IsADirectory("Is a directory (os error 21)");
  const broken = { read: () => Promise.reject(error), readSync: () => null };
  const read = () => new StandardInput(NEVER, broken).more();
  await assertRejects(read, StoreError, "Cannot read standard input: Is a directory");
});

Deno.test("a terminal is no input", () => {
  const original = Deno.stdin.isTerminal;
  Deno.stdin.isTerminal = () => true;
  try {
    assertThrows(() => StandardInput.open("verify", NEVER), UsageError, "is a terminal");
  } finally {
    Deno.stdin.isTerminal = original;
  }
});

Deno.test("verify and events that wait for their input are ended by a signal", async () => {
  // More than the pipe holds, so that all of it is written once the program reads.
  const file = new FileBuilder("b").format();
  file.add(EVENT_TYPE.IGNORABLE_LOG_EVENT, new Uint8Array(MIB / 2));
  for (const [command, expected] of [["verify", 143], ["events", 0]] as const) {
    const child = binlogdCommand([command, "-"], {}, { stdin: "piped", stdout: "null" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(file.bytes());
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const [{ code, signal }] = await Promise.all([child.status, child.stderr.text()]);
    clearTimeout(timer);
    await writer.abort().catch(() => {});
    assertEquals([command, code, signal], [command, expected, null]);
  }
});
