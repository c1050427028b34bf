import { readCapture } from "../../lib/proxy/capture_file.ts";
import type { Direction, Notice, PacketView } from "../../lib/proxy/packet_view.ts";
import { decodeTcpSegment, type TcpSegment } from "../../lib/proxy/tcp_segment.ts";
import { TcpStreams } from "../../lib/proxy/tcp_streams.ts";
import { Watch } from "../../lib/proxy/watch.ts";

const FOLDER = new URL("../../testdata/captures", import.meta.url).pathname;

/** Names of the captures of the project. */
export const CAPTURES: readonly string[] = [...Deno.readDirSync(FOLDER)]
  .map(({ name }) => name).filter((name) => name.endsWith(".pcapng")).sort();

export function capturePath(name: string): string {
  return `${FOLDER}/${name}`;
}

/** One line for each packet and notice. */
export class Lines {
  readonly lines: string[] = [];

  packet({ connection, direction, sequence, length, kind, text, details }: PacketView): void {
    const more = details ? ` ${details.join(" ")}` : "";
    this.lines.push(`#${connection} ${direction} ${sequence} ${length} ${kind} ${text}${more}`);
  }

  notice({ connection, kind, text }: Notice): void {
    this.lines.push(`#${connection} ${kind} ${text}`);
  }
}

/** A segment with bytes of its own. */
export interface TimedSegment {
  timeUs: number;
  segment: TcpSegment;
}

/** All segments of a capture. */
export function captureSegments(path: string): TimedSegment[] {
  const segments: TimedSegment[] = [];
  for (const { timeUs, linkType, bytes } of readCapture(path)) {
    const segment = decodeTcpSegment(bytes, linkType);
    if (segment) {
      segments.push({ timeUs, segment: { ...segment, payload: segment.payload.slice() } });
    }
  }
  return segments;
}

/** What the proxy prints for these segments. */
export function readSegments(segments: readonly TimedSegment[]): string[] {
  const sink = new Lines();
  const streams = new TcpStreams(new Watch({ sink }));
  for (const { timeUs, segment } of segments) streams.segment(segment, timeUs);
  streams.end(segments.at(-1)?.timeUs ?? 0);
  return sink.lines;
}

/** The bytes of each connection of a capture, in order. */
export function captureBytes(
  path: string,
): Map<number, { direction: Direction; bytes: Uint8Array }[]> {
  const all = new Map<number, { direction: Direction; bytes: Uint8Array }[]>();
  const streams = new TcpStreams({
    open: (number) => all.set(number, []),
    bytes: (number, direction, bytes) => all.get(number)!.push({ direction, bytes: bytes.slice() }),
    lost: () => {},
    close: () => {},
  });
  for (const { timeUs, segment } of captureSegments(path)) streams.segment(segment, timeUs);
  return all;
}
