import { OrderedStream } from "./ordered_stream.ts";
import type { Direction } from "./packet_view.ts";
import { TCP_FLAG } from "./tcp_frame.ts";
import type { TcpSegment } from "./tcp_segment.ts";

/** Who is told of the MySQL connections of a capture; {@link Watch} fits. */
export interface StreamHandler {
  open(connection: number, client: string, server: string, timeUs: number, joined?: boolean): void;
  bytes(connection: number, direction: Direction, bytes: Uint8Array, timeUs: number): void;
  lost(connection: number, direction: Direction, size: number, timeUs: number): void;
  close(connection: number, by: Direction | undefined, timeUs: number, reason?: string): void;
}

const MYSQL_PORT = 3306;
/** Connections followed at once; the one that was silent longest is let go of. */
const STREAMS_MAX = 10_000;
const CHAIN_ENOUGH = 3;

interface Stream {
  key: string;
  client: string;
  server: string;
  startUs: number;
  /** Sequence number of the client's SYN, once that was seen. */
  opened: number | undefined;
  /** 0 until it is known to be MySQL. */
  number: number;
  joined: boolean;
  /** Known not to be MySQL. */
  ignored: boolean;
  ordered: Record<Direction, OrderedStream>;
  /** After a loss: the next segment that begins with a packet is waited for. */
  searching: Record<Direction, boolean>;
  /** Sequence number of each direction's FIN, once that was seen. */
  fin: Partial<Record<Direction, number>>;
  ended: Direction | undefined;
}

/** Whether bytes begin with a MySQL packet: headers chain to the end, or for a while. */
function beginsWithPacket(bytes: Uint8Array): boolean {
  let at = 0;
  let sequence: number | undefined;
  for (let count = 0; at + 4 <= bytes.length; count++) {
    const size = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    if (sequence !== undefined && bytes[at + 3] !== sequence && bytes[at + 3]! > 1) return false;
    if (count >= CHAIN_ENOUGH) return true;
    sequence = (bytes[at + 3]! + 1) & 0xff;
    if (size === 0 && count === 0) return false;
    at += 4 + size;
  }
  return at === bytes.length;
}

/** Whether a server's first bytes are a greeting, or the ERR packet that comes instead. */
function isGreeting(bytes: Uint8Array): boolean {
  const head = bytes[4];
  return bytes.length > 5 && bytes[3] === 0 && (head === 10 || head === 9 || head === 0xff);
}

/**
 * Finds the MySQL connections among the segments of a capture and puts their bytes in order. A
 * server is who was connected to: on port 3306 or one of `ports`, or who begins with a greeting.
 * Connections whose beginning is not in the capture are followed on those ports.
 */
export class TcpStreams {
  readonly #handler: StreamHandler;
  readonly #ports: ReadonlySet<number>;
  readonly #streams = new Map<string, Stream>();
  /** Keys of the streams that were closed last: what comes of them has come before. */
  readonly #closed = new Set<string>();
  #count = 0;

  constructor(handler: StreamHandler, ports: Iterable<number> = []) {
    this.#handler = handler;
    this.#ports = new Set([MYSQL_PORT, ...ports]);
  }

  /** MySQL connections so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next segment of the capture. */
  segment(segment: TcpSegment, timeUs: number): void {
    const { source, destination, flags } = segment;
    const opens = (flags & (TCP_FLAG.SYN | TCP_FLAG.ACK)) === TCP_FLAG.SYN;
    const upKey = `${source} ${destination}`;
    let stream = this.#streams.get(upKey);
    let direction: Direction = "up";
    if (opens && stream) {
      stream.opened ??= segment.sequence;
      if (stream.ended || stream.opened !== segment.sequence) {
        this.#close(stream, undefined, timeUs);
        stream = undefined;
      }
    }
    if (!stream && !opens) {
      const downKey = `${destination} ${source}`;
      // Seen on another interface, or sent again.
      if (this.#closed.has(upKey) || this.#closed.has(downKey)) return;
      stream = this.#streams.get(downKey);
      if (stream) direction = "down";
    }
    if (!stream) {
      const found = this.#begin(segment, opens, timeUs);
      if (!found) return;
      stream = found.stream;
      direction = found.direction;
    }
    if (stream.ignored) {
      if (flags & (TCP_FLAG.FIN | TCP_FLAG.RST)) this.#streams.delete(stream.key);
      return;
    }
    const first = (segment.sequence + (flags & TCP_FLAG.SYN ? 1 : 0)) >>> 0;
    if (flags & (TCP_FLAG.SYN | TCP_FLAG.FIN)) stream.ordered[direction].begin(first);
    if (segment.payload.length > 0 || segment.missing > 0) {
      stream.ordered[direction].take(first, segment.payload, segment.missing, timeUs);
    }
    if (flags & TCP_FLAG.RST) return this.#close(stream, direction, timeUs, "connection reset");
    if (flags & TCP_FLAG.FIN) {
      stream.fin[direction] = (first + segment.payload.length + segment.missing) >>> 0;
    }
    const fin = stream.fin[direction];
    if (fin === undefined || !stream.ordered[direction].reached(fin)) return;
    if (stream.ended && stream.ended !== direction) this.#close(stream, stream.ended, timeUs);
    stream.ended ??= direction;
  }

  /** The capture is over. */
  end(timeUs: number): void {
    for (const stream of [...this.#streams.values()]) {
      for (const direction of ["up", "down"] as const) stream.ordered[direction].end(timeUs);
      if (stream.ended) this.#close(stream, stream.ended, timeUs);
    }
    this.#streams.clear();
  }

  #begin(
    segment: TcpSegment,
    opens: boolean,
    timeUs: number,
  ): { stream: Stream; direction: Direction } | undefined {
    const { source, destination, sourcePort, destinationPort, flags } = segment;
    const answers = (flags & TCP_FLAG.SYN) !== 0 && !opens;
    const fromServer = answers || (!opens && this.#ports.has(sourcePort) &&
      !this.#ports.has(destinationPort));
    const known = this.#ports.has(fromServer ? sourcePort : destinationPort);
    // An end of a connection that was not followed, or one whose role can't be told.
    if (!opens && (!known || flags & TCP_FLAG.RST || segment.payload.length === 0)) {
      return undefined;
    }
    const [client, server] = fromServer ? [destination, source] : [source, destination];
    const stream = this.#newStream(client, server, timeUs, !opens && !answers);
    if (opens) stream.opened = segment.sequence;
    if (known) this.#announce(stream);
    return { stream, direction: fromServer ? "down" : "up" };
  }

  #newStream(client: string, server: string, timeUs: number, joined: boolean): Stream {
    const key = `${client} ${server}`;
    const ordered = (direction: Direction): OrderedStream =>
      new OrderedStream({
        bytes: (bytes, time) => this.#bytes(stream, direction, bytes, time),
        lost: (size, time) => this.#lost(stream, direction, size, time),
      }, undefined);
    const stream: Stream = {
      key,
      client,
      server,
      startUs: timeUs,
      opened: undefined,
      number: 0,
      joined,
      ignored: false,
      ordered: { up: ordered("up"), down: ordered("down") },
      searching: { up: joined, down: joined },
      fin: {},
      ended: undefined,
    };
    if (this.#streams.size >= STREAMS_MAX) {
      const [oldest] = this.#streams.values();
      this.#close(oldest!, undefined, timeUs, "too many connections to follow");
    }
    this.#streams.set(key, stream);
    this.#closed.delete(key);
    return stream;
  }

  #announce(stream: Stream): void {
    const { client, server, startUs, joined } = stream;
    stream.number = ++this.#count;
    this.#handler.open(stream.number, client, server, startUs, joined);
  }

  #bytes(stream: Stream, direction: Direction, bytes: Uint8Array, timeUs: number): void {
    if (stream.number === 0) {
      stream.ignored = direction === "up" || !isGreeting(bytes);
      if (stream.ignored) return;
      this.#announce(stream);
    }
    if (stream.searching[direction]) {
      if (!beginsWithPacket(bytes)) return;
      stream.searching[direction] = false;
    }
    this.#handler.bytes(stream.number, direction, bytes, timeUs);
  }

  #lost(stream: Stream, direction: Direction, size: number, timeUs: number): void {
    if (stream.number === 0) {
      stream.ignored = true;
      return;
    }
    stream.searching[direction] = true;
    this.#handler.lost(stream.number, direction, size, timeUs);
  }

  #close(stream: Stream, by: Direction | undefined, timeUs: number, reason?: string): void {
    for (const direction of ["up", "down"] as const) stream.ordered[direction].end(timeUs);
    this.#streams.delete(stream.key);
    this.#closed.add(stream.key);
    if (this.#closed.size > STREAMS_MAX) this.#closed.delete(this.#closed.values().next().value!);
    if (stream.number > 0) this.#handler.close(stream.number, by, timeUs, reason);
  }
}
