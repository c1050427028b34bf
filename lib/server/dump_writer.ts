import { ConnectionError } from "../errors.ts";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { PACKET_CHUNK_MAX, PACKET_HEADER_SIZE, writePacketHeader } from "../protocol/packet.ts";
import { SEMI_SYNC_MAGIC } from "../protocol/semi_sync.ts";

/** Writes what a dump sends; an error is one of the connection. */
export class DumpWriter {
  readonly #stream: ByteStream;
  /** Bytes sent. */
  sent = 0;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#stream, bytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`Cannot send to the replica: ${reason}`, { cause });
    }
    this.sent += bytes.length;
  }

  /** Sends one event of less than 16 MiB as a packet. */
  async event(event: Uint8Array, sequence: number, semiSync: boolean): Promise<void> {
    const extra = semiSync ? 3 : 1;
    const packet = new Uint8Array(PACKET_HEADER_SIZE + extra + event.length);
    writePacketHeader(packet, 0, extra + event.length, sequence);
    if (semiSync) packet[PACKET_HEADER_SIZE + 1] = SEMI_SYNC_MAGIC;
    packet.set(event, PACKET_HEADER_SIZE + extra);
    await this.write(packet);
  }
}

/** Settings of {@link LargeEventPackets}. */
export interface LargeEvent {
  /** Size of the event. */
  size: number;
  sequence: number;
  semiSync: boolean;
  /** Whether the packet asks for an ACK. */
  ack: boolean;
}

/**
 * Cuts an event of any size into packets as its bytes come by: the status byte, and the semi-sync
 * header, in front of the first; a packet of exactly 0xffffff bytes is followed by another one,
 * which may be empty.
 */
export class LargeEventPackets {
  /** Payload bytes still to come, over all packets. */
  #left: number;
  /** Payload bytes still to come in the packet begun. */
  #inPacket = 0;
  #fullPacket = true;
  sequence: number;
  readonly #head: Uint8Array;

  constructor(event: LargeEvent) {
    this.#head = event.semiSync
      ? Uint8Array.of(0, SEMI_SYNC_MAGIC, event.ack ? 1 : 0)
      : Uint8Array.of(0);
    this.#left = event.size + this.#head.length;
    this.sequence = event.sequence;
  }

  /** What goes out before any byte of the event. */
  begin(): Uint8Array {
    const header = this.#header();
    const bytes = new Uint8Array(header.length + this.#head.length);
    bytes.set(header);
    bytes.set(this.#head, header.length);
    this.#count(this.#head.length);
    return bytes;
  }

  /** Cuts the next bytes of the event into pieces to be written one after the other. */
  *pieces(bytes: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#inPacket === 0) yield this.#header();
      const size = Math.min(bytes.length - at, this.#inPacket);
      yield bytes.subarray(at, at + size);
      this.#count(size);
      at += size;
    }
    if (this.#left === 0 && this.#inPacket === 0 && this.#fullPacket) yield this.#header();
  }

  #count(size: number): void {
    this.#inPacket -= size;
    this.#left -= size;
  }

  #header(): Uint8Array {
    const size = Math.min(this.#left, PACKET_CHUNK_MAX);
    const header = new Uint8Array(PACKET_HEADER_SIZE);
    writePacketHeader(header, 0, size, this.sequence);
    this.sequence = (this.sequence + 1) & 0xff;
    this.#inPacket = size;
    this.#fullPacket = size === PACKET_CHUNK_MAX;
    return header;
  }
}
