import { encodePacket } from "../../lib/protocol/packet.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { connectAdmin } from "../testbed/connect_admin.ts";
import type { RealServer } from "../testbed/server.ts";

const COM_QUERY = 0x03;
const INSERT =
  "INSERT INTO bench.t (text) VALUES ('one small row, as many applications write them')";
/** OK packet: header of 4 bytes, then 0. */
const OK_OFFSET = 4;

/** What clients saw. Times in milliseconds. */
export interface LoadResult {
  commits: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/**
 * Clients that each commit single rows, one after the other, over a Unix socket; each commit is
 * timed. The statement is one packet made beforehand and its answer is one read, so that little of
 * the machine goes to the clients.
 */
export async function commitLoad(
  server: RealServer,
  clients: number,
  seconds: number,
): Promise<LoadResult> {
  const connections = await Promise.all(
    Array.from({ length: clients }, () => connectAdmin(server)),
  );
  const text = new TextEncoder().encode(INSERT);
  const payload = new Uint8Array(text.length + 1);
  payload[0] = COM_QUERY;
  payload.set(text, 1);
  const packet = encodePacket(payload, 0);
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  const run = async (connection: SourceConnection): Promise<void> => {
    const { stream } = connection.handover();
    const buffer = new Uint8Array(1024);
    while (performance.now() < end) {
      const began = performance.now();
      await writeAll(stream, packet);
      const size = await stream.read(buffer);
      if (!size || buffer[OK_OFFSET] !== 0) throw new Error("a commit failed");
      times.push(performance.now() - began);
    }
    connection.close();
  };
  await Promise.all(connections.map(run));
  const elapsed = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
  return { commits: times.length, perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99) };
}
