import { assertEquals, assertThrows } from "@std/assert";
import * as zlib from "node:zlib";
import { ProtocolError } from "../../lib/errors.ts";
import { FrameFlow } from "../../lib/proxy/frame_flow.ts";

// Not in every Deno that runs this, nor in the types of each.
const { zstdCompressSync } = zlib as unknown as {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
};

/** A frame whose header says that `before` bytes are packed in it. */
function frame(body: Uint8Array, before: number): Uint8Array {
  const bytes = new Uint8Array(7 + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length, true);
  bytes.set([before & 0xff, (before >>> 8) & 0xff, before >>> 16], 4);
  bytes.set(body, 7);
  return bytes;
}

const PACKERS = [{ algorithm: "zlib" as const, pack: zlib.deflateSync as typeof zstdCompressSync }];
if (zstdCompressSync) PACKERS.push({ algorithm: "zstd" as never, pack: zstdCompressSync });

for (const { algorithm, pack } of PACKERS) {
  Deno.test(`a frame of ${algorithm} is unpacked, but to no byte more than it says`, () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i & 0x1f);
    const packed = pack!(bytes);
    const take = (body: Uint8Array, before: number): Uint8Array =>
      new Uint8Array(new FrameFlow(algorithm).take(frame(body, before)).content!);
    assertEquals(take(packed, bytes.length), bytes);
    assertThrows(() => take(packed, bytes.length + 1), ProtocolError, "wrong size");
    // Not "wrong size": that would be known only once all of it was in memory.
    assertThrows(() => take(packed, bytes.length - 1), ProtocolError, "damaged");
    const bomb = pack!(new Uint8Array(50_000_000));
    for (const said of [1, 100, 0xff_ffff]) {
      assertThrows(() => take(bomb, said), ProtocolError, "damaged");
    }
  });
}
