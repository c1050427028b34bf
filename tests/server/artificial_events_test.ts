import { assertEquals } from "@std/assert";
import { artificialRotate, heartbeatEvent } from "../../lib/server/artificial_events.ts";
import { LargeEventPackets } from "../../lib/server/dump_writer.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("an artificial rotate is byte for byte as MySQL sends it", () => {
  const event = artificialRotate({ serverId: 1, checksum: true }, "binlog.000001", 4);
  assertEquals(
    hex(event),
    "0000000004010000002c000000000000002000040000000000000062696e6c6f672e303030303031e9d2ca6e",
  );
});

Deno.test("a heartbeat of version 2 has a 64-bit position in its body", () => {
  const context = { serverId: 1, checksum: false };
  const event = heartbeatEvent(context, "v2", "binlog.000001", 5 * 2 ** 30);
  assertEquals(hex(event.subarray(19)), "010d62696e6c6f672e3030303030310209fe000000400100000000");
  assertEquals(new DataView(event.buffer).getUint32(13, true), 5 * 2 ** 30 % 2 ** 32);
});

Deno.test("MariaDB's heartbeat beyond 4 GiB has the position before the name and log_pos 0", () => {
  const event = heartbeatEvent(
    { serverId: 1, checksum: false },
    "mariadb",
    "b.000001",
    2 ** 32 + 9,
  );
  assertEquals(hex(event.subarray(13, 17)), "00000000");
  assertEquals(hex(event.subarray(19)), "0900000001000000622e303030303031");
});

function packets(size: number, pieceSize: number, semiSync: boolean): number[][] {
  const large = new LargeEventPackets({ size, sequence: 250, semiSync, ack: false });
  const headers: number[][] = [];
  let left = 0;
  const feed = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length;) {
      if (left === 0) {
        const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
        headers.push([length, bytes[at + 3]!]);
        left = length;
        at += 4;
        continue;
      }
      const take = Math.min(left, bytes.length - at);
      left -= take;
      at += take;
    }
  };
  feed(large.begin());
  for (let done = 0; done < size; done += pieceSize) {
    for (const piece of large.pieces(new Uint8Array(Math.min(pieceSize, size - done)))) feed(piece);
  }
  assertEquals(left, 0);
  return headers;
}

Deno.test("a large event is cut into packets of 0xffffff bytes, the last one shorter or empty", () => {
  const max = 0xffffff;
  assertEquals(packets(max - 1, 1 << 20, false), [[max, 250], [0, 251]]);
  assertEquals(packets(max - 2, 1 << 20, false), [[max - 1, 250]]);
  assertEquals(packets(max, 1 << 20, false), [[max, 250], [1, 251]]);
  assertEquals(packets(2 * max - 3, 999_983, true), [[max, 250], [max, 251], [0, 252]]);
});
