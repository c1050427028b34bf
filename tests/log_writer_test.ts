/** Lines on their way to a reader that may be slow, stuck or gone. */
import { assertEquals } from "@std/assert";
import { LogWriter, type LogWriterOptions } from "../lib/log_writer.ts";

/** A reader that takes what `take` lets it take; without, it is stuck until {@link go}. */
class Reader {
  readonly pieces: string[] = [];
  #go: (() => void)[] = [];
  #isStuck: boolean;

  constructor(isStuck: boolean) {
    this.#isStuck = isStuck;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.#isStuck) await new Promise<void>((resolve) => this.#go.push(resolve));
    return this.writeSync(bytes);
  }

  writeSync(bytes: Uint8Array): number {
    this.pieces.push(new TextDecoder().decode(bytes));
    return bytes.length;
  }

  go(): void {
    this.#isStuck = false;
    for (const resolve of this.#go.splice(0)) resolve();
  }

  get text(): string {
    return this.pieces.join("");
  }
}

function writerTo(isStuck: boolean, options: LogWriterOptions = {}): {
  writer: LogWriter;
  reader: Reader;
} {
  const reader = new Reader(isStuck);
  const writer = new LogWriter(reader, options);
  writer.whenDropped = (lines) => writer.write(`${lines} dropped\n`);
  return { writer, reader };
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`);
}

Deno.test("lines arrive all, whole and in their order", async () => {
  const { writer, reader } = writerTo(false);
  const lines = numbers(0, 5000);
  for (const line of lines) writer.write(line);
  writer.writeNow("last\n");
  assertEquals(writer.isIdle, false);
  await writer.flush();
  assertEquals(writer.isIdle, true);
  assertEquals(reader.text, lines.join("") + "last\n");
  assertEquals(reader.pieces.filter((piece) => piece.length > 4096 || !piece.endsWith("\n")), []);
  writer.writeNow("at once\n");
  assertEquals(reader.pieces.at(-1), "at once\n");
});

Deno.test("a reader that takes a part of a line gets the rest of it, too", async () => {
  let text = "";
  const write = (bytes: Uint8Array): number => {
    const part = bytes.subarray(0, 3);
    text += new TextDecoder().decode(part);
    return part.length;
  };
  const writer = new LogWriter({
    write: (bytes) => Promise.resolve(write(bytes)),
    writeSync: write,
  });
  for (const line of numbers(0, 10)) writer.write(line);
  writer.writeNow("last\n");
  await writer.flush();
  writer.writeNow("at once\n");
  assertEquals(text, numbers(0, 10).join("") + "last\nat once\n");
});

Deno.test("a stuck reader stops nobody, and is told what it has missed where it is missing", async () => {
  const { writer, reader } = writerTo(true, { heldMax: 100 });
  for (const line of numbers(0, 1000)) writer.write(line);
  const before = performance.now();
  await writer.flush(50);
  assertEquals(performance.now() - before < 30_000, true);
  assertEquals([reader.text, writer.isIdle], ["", false]);
  reader.go();
  await writer.flush();
  // The first line is under way, and behind it 100 bytes wait.
  const kept = 1 + numbers(1, 1000).join("").slice(0, 100).split("\n").length - 1;
  assertEquals(reader.text, numbers(0, kept).join("") + `${1000 - kept} dropped\n`);
  writer.write("later\n");
  await writer.flush();
  assertEquals(reader.pieces.at(-1), "later\n");
});

Deno.test("a line larger than all that may wait comes, where nothing else waits", async () => {
  const { writer, reader } = writerTo(false, { heldMax: 100 });
  const large = "x".repeat(10_000) + "\n";
  writer.write(large);
  await writer.flush();
  assertEquals(reader.text, large);
});

Deno.test("a reader that is gone stops nobody", async () => {
  const fail = (): never => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  };
  for (const write of [fail, () => Promise.reject(new Deno.errors.BadResource("closed"))]) {
    const writer = new LogWriter({ write, writeSync: fail });
    for (const line of numbers(0, 1000)) writer.write(line);
    await writer.flush();
    assertEquals(writer.isIdle, true);
    writer.writeNow("at once\n");
  }
});
