import { parseIpAddress } from "./ip_address.ts";
import type { Direction } from "./packet_view.ts";
import type { PcapngWriter } from "./pcapng_writer.ts";
import { encodeTcpFrame, FRAME_PAYLOAD_MAX, type FrameEnd, TCP_FLAG } from "./tcp_frame.ts";
import type { WatchRecorder } from "./watch.ts";

/** The server's port in every capture, so that Wireshark knows the protocol by itself. */
const SERVER_PORT = 3306;
/** Client ports of connections that have none: Unix sockets. */
const PORT_BASE = 10_000;
const PORT_COUNT = 50_000;
/** After so many bytes the other end acknowledges, as a real one would. */
const ACK_EVERY = 1024 * 1024;

/** A connection as the capture shows it. */
interface Stream {
  ends: Record<Direction, FrameEnd>;
  /** Sequence number of each direction's next byte. */
  next: Record<Direction, number>;
  /** Bytes of each direction since the other one sent anything. */
  unacknowledged: Record<Direction, number>;
  closed: boolean;
}

const OTHER: Record<Direction, Direction> = { up: "down", down: "up" };

/** Address and port of `host:port` or `[host]:port`; undefined for a socket's path. */
function parseEnd(text: string): { address: Uint8Array; port: number } | undefined {
  const match = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text);
  const address = match ? parseIpAddress(match[1]!) : undefined;
  return address ? { address, port: Number(match![2]) } : undefined;
}

/** Makes both addresses of the same size: IPv4 ones become IPv6 ones where need be. */
function widen(address: Uint8Array, size: number): Uint8Array {
  if (address.length === size) return address;
  const wide = new Uint8Array(16);
  wide.fill(0xff, 10, 12);
  wide.set(address, 12);
  return wide;
}

/**
 * Records conversations as captures: a TCP connection is built around the bytes, with handshake,
 * right sequence numbers and checksums, and an end. The client's address is the real one, the
 * server's port is always 3306. Holds one segment a direction.
 */
export class Recorder implements WatchRecorder {
  readonly #writer: PcapngWriter;
  readonly #streams = new Map<number, Stream>();
  readonly #segment = new Uint8Array(FRAME_PAYLOAD_MAX);
  #segmentSize = 0;
  #segmentOf: { stream: Stream; direction: Direction; timeUs: number } | undefined;

  constructor(writer: PcapngWriter) {
    this.#writer = writer;
  }

  open(connection: number, client: string, server: string, timeUs: number): void {
    const loopback = Uint8Array.of(127, 0, 0, 1);
    const from = parseEnd(client) ??
      { address: loopback, port: PORT_BASE + connection % PORT_COUNT };
    const to = parseEnd(server) ?? { address: loopback, port: SERVER_PORT };
    const size = Math.max(from.address.length, to.address.length);
    const stream: Stream = {
      ends: {
        up: { address: widen(from.address, size), port: from.port },
        down: { address: widen(to.address, size), port: SERVER_PORT },
      },
      next: { up: 1000, down: 5000 },
      unacknowledged: { up: 0, down: 0 },
      closed: false,
    };
    this.#streams.set(connection, stream);
    this.flush(timeUs);
    const comment = `connection ${connection} of ${client} to ${server}; secrets are overwritten`;
    this.#frame(stream, "up", timeUs, TCP_FLAG.SYN, undefined, comment);
    stream.next.up++;
    this.#frame(stream, "down", timeUs, TCP_FLAG.SYN | TCP_FLAG.ACK);
    stream.next.down++;
    this.#frame(stream, "up", timeUs, TCP_FLAG.ACK);
    this.#writer.flush();
  }

  bytes(connection: number, direction: Direction, bytes: Uint8Array, timeUs: number): void {
    const stream = this.#streams.get(connection);
    if (!stream) return;
    const current = this.#segmentOf;
    if (current && (current.stream !== stream || current.direction !== direction)) this.#cut();
    this.#segmentOf ??= { stream, direction, timeUs };
    for (let at = 0; at < bytes.length;) {
      if (this.#segmentSize === FRAME_PAYLOAD_MAX) {
        this.#cut();
        this.#segmentOf = { stream, direction, timeUs };
      }
      const size = Math.min(bytes.length - at, FRAME_PAYLOAD_MAX - this.#segmentSize);
      this.#segment.set(bytes.subarray(at, at + size), this.#segmentSize);
      this.#segmentSize += size;
      at += size;
    }
  }

  flush(_timeUs: number): void {
    this.#cut();
    this.#writer.flush();
  }

  close(connection: number, by: Direction | undefined, timeUs: number): void {
    const stream = this.#streams.get(connection);
    if (!stream) return;
    this.flush(timeUs);
    this.#streams.delete(connection);
    const first = by ?? "up";
    for (const direction of [first, OTHER[first]]) {
      this.#frame(stream, direction, timeUs, TCP_FLAG.FIN | TCP_FLAG.ACK);
      stream.next[direction] = (stream.next[direction] + 1) >>> 0;
    }
    this.#frame(stream, first, timeUs, TCP_FLAG.ACK);
    this.#writer.flush();
  }

  /** Ends the capture; connections that are open stay without an end. */
  end(): void {
    this.#cut();
    this.#writer.close();
  }

  /** Writes the segment that was collected. */
  #cut(): void {
    const current = this.#segmentOf;
    this.#segmentOf = undefined;
    if (!current || this.#segmentSize === 0) return;
    const { stream, direction, timeUs } = current;
    const payload = this.#segment.subarray(0, this.#segmentSize);
    this.#segmentSize = 0;
    this.#frame(stream, direction, timeUs, TCP_FLAG.PSH | TCP_FLAG.ACK, payload);
    stream.next[direction] = (stream.next[direction] + payload.length) >>> 0;
    stream.unacknowledged[direction] += payload.length;
    stream.unacknowledged[OTHER[direction]] = 0;
    if (stream.unacknowledged[direction] < ACK_EVERY) return;
    stream.unacknowledged[direction] = 0;
    this.#frame(stream, OTHER[direction], timeUs, TCP_FLAG.ACK);
  }

  #frame(
    stream: Stream,
    direction: Direction,
    timeUs: number,
    flags: number,
    payload?: Uint8Array,
    comment?: string,
  ): void {
    const other = OTHER[direction];
    const frame = encodeTcpFrame({
      from: stream.ends[direction],
      to: stream.ends[other],
      sequence: stream.next[direction],
      acknowledged: stream.next[other],
      flags,
      ...(payload ? { payload } : {}),
    }, direction === "up");
    this.#writer.packet(timeUs, frame, comment);
  }
}
