import { FormatError } from "../errors.ts";
import { CAPABILITY } from "../protocol/capabilities.ts";
import { readCapture } from "./capture_file.ts";
import { Conversation } from "./conversation.ts";
import type { Direction } from "./packet_view.ts";
import { decodeTcpSegment } from "./tcp_segment.ts";
import { type StreamHandler, TcpStreams } from "./tcp_streams.ts";

/** What comes next in a recorded conversation. */
export type ScriptStep =
  | { kind: "bytes"; direction: Direction; bytes: Uint8Array; timeUs: number }
  | { kind: "close"; by: Direction | undefined };

/** A recorded conversation that can be replayed. */
export interface ScriptEntry {
  /** Number of the connection in the capture. */
  number: number;
  /** Capabilities that both ends had. */
  agreed: number;
  /** Those of MariaDB beyond bit 31. */
  agreedExtended: number;
}

/** Why connections of a capture can't be replayed. */
export interface SkippedEntry {
  number: number;
  reason: string;
}

/** Sends all packets of a capture through TCP reassembly. */
export function* feedStreams(
  path: string,
  streams: TcpStreams,
): Generator<void, void, void> {
  let timeUs = 0;
  for (const packet of readCapture(path)) {
    timeUs = packet.timeUs;
    const segment = decodeTcpSegment(packet.bytes, packet.linkType);
    if (!segment) continue;
    streams.segment(segment, timeUs);
    yield;
  }
  streams.end(timeUs);
}

/** Looks a capture through for the conversations that can be replayed, in order. */
export function indexCapture(
  path: string,
  ports: readonly number[],
): { entries: ScriptEntry[]; skipped: SkippedEntry[] } {
  const skipped = new Map<number, string>();
  const followed = new Map<number, Conversation>();
  const entries: ScriptEntry[] = [];
  const done = (number: number): void => {
    const conversation = followed.get(number);
    if (!conversation || !followed.delete(number) || skipped.has(number)) return;
    const { session } = conversation;
    if (conversation.opaque || conversation.compressed) {
      skipped.set(number, "it is encrypted or compressed");
    } else if (session.serverVersion === "") skipped.set(number, "it has no greeting");
    else {
      entries.push({
        number,
        agreed: (session.serverCapabilities & session.clientCapabilities) >>> 0,
        agreedExtended: session.extendedServer & session.extendedClient,
      });
    }
  };
  const handler: StreamHandler = {
    open(number, _client, _server, _timeUs, joined = false) {
      if (joined) skipped.set(number, "its beginning is not in the capture");
      followed.set(number, new Conversation({ number, joined }));
    },
    bytes: (number, direction, bytes, timeUs) =>
      followed.get(number)?.feed(direction, bytes, timeUs),
    lost: (number) => skipped.set(number, "bytes of it are missing"),
    close: done,
  };
  for (const _ of feedStreams(path, new TcpStreams(handler, ports)));
  for (const number of [...followed.keys()]) done(number);
  entries.sort((a, b) => a.number - b.number);
  if (entries.length === 0) {
    throw new FormatError(`Cannot replay ${path}: no conversation in it can be replayed`, {
      file: path,
      found: [...skipped].map(([number, reason]) => `connection ${number}: ${reason}`).join("; ") ||
        "no MySQL connections",
    });
  }
  return { entries, skipped: [...skipped].map(([number, reason]) => ({ number, reason })) };
}

/** The steps of one recorded conversation, read from the capture as they are needed. */
export function* scriptSteps(
  path: string,
  ports: readonly number[],
  wanted: number,
): Generator<ScriptStep, void, void> {
  const queue: ScriptStep[] = [];
  const handler: StreamHandler = {
    open: () => {},
    bytes(number, direction, bytes, timeUs) {
      if (number === wanted) queue.push({ kind: "bytes", direction, bytes: bytes.slice(), timeUs });
    },
    lost: () => {},
    close(number, by) {
      if (number === wanted) queue.push({ kind: "close", by });
    },
  };
  for (const _ of feedStreams(path, new TcpStreams(handler, ports))) {
    for (let step = queue.shift(); step; step = queue.shift()) {
      yield step;
      if (step.kind === "close") return;
    }
  }
  yield* queue;
}

/** Capabilities that decide what packets look like; both ends of a replay must have the same. */
export const SHAPE_CAPABILITIES: number = (CAPABILITY.CLIENT_SSL | CAPABILITY.CLIENT_COMPRESS |
  CAPABILITY.CLIENT_ZSTD_COMPRESSION_ALGORITHM | CAPABILITY.CLIENT_SESSION_TRACK |
  CAPABILITY.CLIENT_DEPRECATE_EOF | CAPABILITY.CLIENT_OPTIONAL_RESULTSET_METADATA |
  CAPABILITY.CLIENT_PLUGIN_AUTH) >>> 0;
