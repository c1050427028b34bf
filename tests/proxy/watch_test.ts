import { assert, assertEquals } from "@std/assert";
import { Watch } from "../../lib/proxy/watch.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";

Deno.test("what many packets print is written while they are read, not at their end", () => {
  let unwritten = 0;
  let most = 0;
  let shown = 0;
  const watch = new Watch({
    sink: {
      packet: () => {
        shown++;
        most = Math.max(most, ++unwritten);
      },
      notice: () => {},
      flush: () => unwritten = 0,
    },
  });
  watch.open(1, "c", "s", 0, true);
  const ping = encodePacket(Uint8Array.of(0x0e), 0);
  watch.bytes(1, "up", Uint8Array.from({ length: 5 * 10_000 }, (_, i) => ping[i % 5]!), 0);
  assertEquals(shown, 10_000);
  assertEquals(unwritten, 0);
  assert(most <= 1024, `${most} at once`);
});
