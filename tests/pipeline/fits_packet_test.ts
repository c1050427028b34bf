/** The length of a packet and the size that its event says: where they differ, one is a lie. */
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { FormatError } from "../../lib/errors.ts";
import { BatchPool } from "../../lib/pipeline/batch_pool.ts";
import { EventParser } from "../../lib/pipeline/event_parser.ts";
import type { EventKernel } from "../../lib/pipeline/event_kernel.ts";
import { PacketDeframer } from "../../lib/pipeline/packet_deframer.ts";
import { socketSource } from "../../lib/pipeline/socket_source.ts";
import { StreamState } from "../../lib/pipeline/stream_state.ts";
import { PACKET_CHUNK_MAX, writePacketHeader } from "../../lib/protocol/packet.ts";
import { artificialRotate, dumpPackets, FileBuilder, makeEvent } from "../_events.ts";
import { KERNELS } from "../_pipeline.ts";
import { chunkSocket, SPLITS } from "../_split.ts";

interface Session {
  kernel: EventKernel;
  semiSync: boolean;
  checkSequence: boolean;
}

/** The error for a stream that falls silent behind these chunks, as an idle source's does. */
async function errorOf(chunks: Uint8Array[], session: Session): Promise<unknown> {
  const { kernel, semiSync, checkSequence } = session;
  const socket = chunkSocket(chunks);
  const silent = {
    read: async (buffer: Uint8Array) =>
      await socket.read(buffer) ?? await new Promise<null>(() => {}),
  };
  const state = new StreamState(semiSync);
  try {
    const events = socketSource(silent, new BatchPool(kernel.allocate))
      .pipeThrough(new PacketDeframer(state, { kernel, checkSequence }))
      .pipeThrough(new EventParser(state, { file: "", position: 4, checksum: true, kernel }));
    for await (const batch of events) batch.release();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A file of some transactions, the last of `size` bytes, as packets. */
function sample(semiSync: boolean, size: number): { file: FileBuilder; packets: Uint8Array[] } {
  const file = new FileBuilder("binlog.000001").format().transaction(1).transaction(2, size);
  const events = [artificialRotate(file.name), ...file.events];
  const stream = dumpPackets(events, { semiSync });
  const packets: Uint8Array[] = [];
  let at = 0;
  for (const event of events) {
    const end = at + 4 + (semiSync ? 3 : 1) + event.length;
    packets.push(stream.slice(at, end));
    at = end;
  }
  assertEquals(at, stream.length);
  return { file, packets };
}

for (const kernel of KERNELS) {
  for (const semiSync of [false, true]) {
    const skip = semiSync ? 3 : 1;
    const kind = `${semiSync ? "semi-sync, " : ""}${kernel.name} kernel`;

    /** Tells the length of packet `index` as `more` than it is, and expects to be told so. */
    const check = async (size: number, index: number, mores: number[]): Promise<void> => {
      const { file, packets } = sample(semiSync, size);
      const event = packets[index]!.length - 4 - skip;
      const before = file.events.slice(0, index - 1).reduce((sum, { length }) => sum + length, 4);
      for (const more of mores) {
        const changed = packets.map((packet) => packet.slice());
        writePacketHeader(changed[index]!, 0, event + skip + more, changed[index]![3]!);
        const room = event + more;
        for (const { name, chunks } of SPLITS) {
          // Nothing behind the packet, and all that the source had.
          for (const end of [index + 1, changed.length]) {
            for (const checkSequence of [true, false]) {
              const session = { kernel: kernel.make(), semiSync, checkSequence };
              const error = await errorOf(chunks(concat(changed.slice(0, end))), session);
              const what = `packet ${index}, ${more} more, ${name}, ${end}`;
              assert(error instanceof FormatError, `${what}: ${error}`);
              const { file: inFile, position, expected, found } = error.details;
              assertEquals(
                [inFile, position, expected, found],
                [file.name, before, String(room), room < 19 ? "0" : String(event)],
                what,
              );
              assert(error.message.startsWith("Wrong event size at binlog.000001:"), what);
            }
          }
        }
      }
    };

    Deno.test(`a packet that is longer than its event is refused at its head, ${kind}`, async () => {
      const { packets } = sample(semiSync, 60);
      for (const index of [1, 3, packets.length - 1]) {
        const length = packets[index]!.length - 4;
        await check(60, index, [1, 40, 3000, 0x40_0000, PACKET_CHUNK_MAX - length]);
      }
    });

    Deno.test(`a packet that is shorter than its event is refused, ${kind}`, async () => {
      const { packets } = sample(semiSync, 60);
      for (const index of [1, 3, packets.length - 1]) {
        const size = packets[index]!.length - 4 - skip;
        await check(60, index, [-1, -5, 18 - size, 1 - size]);
      }
    });

    Deno.test(`a large packet that is not its event's is refused at its head, ${kind}`, async () => {
      const { packets } = sample(semiSync, 50_000);
      await check(50_000, packets.length - 2, [1, 0x40_0000, -1, -40_000]);
    });
  }

  Deno.test(`a heartbeat whose packet is longer than it is refused, ${kernel.name} kernel`, async () => {
    const { file, packets } = sample(false, 60);
    const body = new TextEncoder().encode(file.name);
    const heartbeat = makeEvent({ type: EVENT_TYPE.HEARTBEAT_LOG_EVENT, body, checksum: true });
    const stream = dumpPackets([artificialRotate(file.name), ...file.events, heartbeat]);
    const session = { kernel: kernel.make(), semiSync: false, checkSequence: true };
    const at = packets.reduce((sum, { length }) => sum + length, 0);
    writePacketHeader(stream, at, heartbeat.length + 1 + 500, packets.length + 1);
    const error = await errorOf([stream], session);
    assert(error instanceof FormatError, `${error}`);
    assertEquals(error.details.position, file.position);
  });
}
