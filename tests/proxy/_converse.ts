import { Conversation } from "../../lib/proxy/conversation.ts";
import type { Direction } from "../../lib/proxy/packet_view.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { captureBytes, capturePath, Lines } from "./_captures.ts";

/** Greeting of a MariaDB 10.11. */
export const GREETING = captureBytes(capturePath("mariadb1011-clients.pcapng")).get(1)![0]!.bytes
  .subarray(4);

/** Feeds packets, in pieces of so many bytes, and returns what is printed and recorded. */
export function converse(
  packets: [Direction, Uint8Array, number][],
  piece = 1,
): { lines: string[]; recorded: string } {
  const sink = new Lines();
  const recorded: number[] = [];
  const conversation = new Conversation({
    number: 1,
    sink,
    record: (_direction, bytes) => recorded.push(...bytes),
  });
  for (const [direction, payload, sequence] of packets) {
    const bytes = encodePacket(payload, sequence);
    for (let at = 0; at < bytes.length; at += piece) {
      conversation.feed(direction, bytes.subarray(at, at + piece), 0);
    }
  }
  return {
    lines: sink.lines,
    recorded: new TextDecoder("latin1").decode(Uint8Array.from(recorded)),
  };
}
