import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { FormatError } from "../../lib/errors.ts";
import { FileBuilder } from "../_events.ts";

/** Gives out bytes, at most `most` at a time. */
function readerOf(bytes: Uint8Array, most = Infinity): { readSync(b: Uint8Array): number | null } {
  let at = 0;
  return {
    readSync(buffer): number | null {
      const size = Math.min(buffer.length, bytes.length - at, most);
      buffer.set(bytes.subarray(at, at + size));
      at += size;
      return size || null;
    },
  };
}

function scan(bytes: Uint8Array, most = Infinity): EventScanner {
  const scanner = new EventScanner(readerOf(bytes, most), { file: "b", verifyChecksums: true });
  while (scanner.next());
  return scanner;
}

function small(): Uint8Array<ArrayBuffer> {
  return new FileBuilder("b.000001").format().transaction(1).transaction(2).rotate("b.000002")
    .bytes();
}

Deno.test("EventScanner finds the same events however the bytes come", () => {
  const builder = new FileBuilder("b.000001").format().transaction(1).transaction(2, 3 << 20)
    .transaction(3);
  const bytes = builder.bytes();
  for (const most of [Infinity, 65_521, 4099]) {
    const scanner = new EventScanner(readerOf(bytes, most), { file: "b", verifyChecksums: true });
    const sizes: number[] = [];
    while (scanner.next()) {
      sizes.push(scanner.eventSize);
      assertEquals(scanner.endPosition, scanner.position + scanner.eventSize);
    }
    assertEquals(sizes, builder.events.map(({ length }) => length));
    assertEquals(scanner.endPosition, bytes.length);
    assertEquals(scanner.torn, undefined);
  }
});

Deno.test("EventScanner gives an event over 1 MiB in parts", () => {
  const builder = new FileBuilder("b.000001").format().transaction(1, 5 << 20);
  const scanner = new EventScanner(readerOf(builder.bytes()), { file: "b", verifyChecksums: true });
  while (scanner.next() && scanner.eventType !== EVENT_TYPE.WRITE_ROWS_EVENT);
  assert(!scanner.whole);
  const parts = [scanner.head.slice()];
  for (let part = scanner.nextPart(); part; part = scanner.nextPart()) parts.push(part.slice());
  const whole = builder.events[4]!;
  assertEquals(concat(parts), whole);
  assert(scanner.next());
  assertEquals(scanner.eventType, EVENT_TYPE.XID_EVENT);
});

Deno.test("EventScanner throws, or says torn, for each flipped byte but the in-use flag", () => {
  const bytes = small();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= at === 21 ? 0x02 : 0x01;
    let torn = false;
    try {
      torn = scan(damaged).torn !== undefined;
    } catch (error) {
      assert(error instanceof FormatError, `${at}: ${error}`);
      continue;
    }
    assert(torn, `byte ${at}`);
  }
  const inUse = bytes.slice();
  inUse[21]! ^= 1;
  assertEquals(scan(inUse).endPosition, bytes.length);
});

Deno.test("EventScanner says where a file is cut, and that a whole one is not", () => {
  const builder = new FileBuilder("b.000001").format().transaction(1).rotate("b.000002");
  const bytes = builder.bytes();
  const ends = new Set([4]);
  for (const { length } of builder.events) ends.add(Math.max(...ends) + length);
  for (let size = 1; size < bytes.length; size++) {
    const scanner = scan(bytes.subarray(0, size));
    assertEquals(scanner.torn === undefined, ends.has(size), `cut at ${size}`);
    if (scanner.torn && size > 4) assertEquals(scanner.torn.position, scanner.endPosition);
  }
  const large = new FileBuilder("b.000001").format().transaction(1, 3 << 20).bytes();
  const error = assertThrows(() => scan(large.subarray(0, 2 << 20)), FormatError, "is cut off");
  assert(error.details.position! > 4);
});

Deno.test("EventScanner goes on when a file has grown", () => {
  const bytes = small();
  let size = 200;
  let at = 0;
  const scanner = new EventScanner({
    readSync(buffer): number | null {
      const part = bytes.subarray(at, Math.min(size, at + buffer.length));
      buffer.set(part);
      at += part.length;
      return part.length || null;
    },
  }, { file: "b", verifyChecksums: true });
  while (scanner.next());
  assert(scanner.torn);
  size = bytes.length;
  while (scanner.next());
  assertEquals([scanner.torn, scanner.endPosition], [undefined, bytes.length]);
});
