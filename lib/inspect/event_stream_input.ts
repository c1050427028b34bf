import { ConnectionError, ProtocolError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { PACKET_CHUNK_MAX, PACKET_HEADER_SIZE } from "../protocol/packet.ts";

const BUFFER_SIZE = 256 * 1024;
const STATUS_SIZE = 1;

/** Payloads of packets, read piece by piece: one that is split at 16 MiB is read as a whole. */
export class PayloadInput {
  readonly #stream: ByteStream;
  readonly #onWait: () => void;
  readonly #buffer: Uint8Array;
  #start = 0;
  #end: number;
  /** Bytes of the current packet that were not read. */
  #left = 0;
  /** Whether the current packet is a full one, so that another one continues it. */
  #more = false;
  /** Size of the first packet of the payload. */
  first = 0;

  constructor(stream: ByteStream, buffered: Uint8Array, onWait: () => void) {
    this.#stream = stream;
    this.#onWait = onWait;
    this.#buffer = new Uint8Array(Math.max(BUFFER_SIZE, buffered.length));
    this.#buffer.set(buffered);
    this.#end = buffered.length;
  }

  /** Begins the next payload; returns its packet header and first byte. */
  async begin(): Promise<Uint8Array> {
    const head = new Uint8Array(PACKET_HEADER_SIZE + STATUS_SIZE);
    await this.#copy(head.subarray(0, PACKET_HEADER_SIZE));
    this.#packet(head);
    this.first = this.#left;
    await this.rest(head.subarray(PACKET_HEADER_SIZE));
    return head;
  }

  /** Whether the payload may have `size` bytes, by the size of its first packet. */
  fits(size: number): boolean {
    return this.first < PACKET_CHUNK_MAX ? size === this.first : size >= this.first;
  }

  /** Fills `target` with the next bytes of the payload. */
  async rest(target: Uint8Array): Promise<void> {
    let done = 0;
    while (done < target.length) {
      if (this.#left === 0) await this.#nextPacket();
      const size = Math.min(this.#left, target.length - done);
      await this.#copy(target.subarray(done, done + size));
      this.#left -= size;
      done += size;
    }
  }

  /** Throws ProtocolError where the payload is longer than what was read. */
  end(): void {
    if (this.#left > 0) {
      throw new ProtocolError(`Cannot read packet: ${this.#left} bytes left over`);
    }
  }

  #packet(head: Uint8Array): void {
    this.#left = head[0]! | (head[1]! << 8) | (head[2]! << 16);
    this.#more = this.#left === PACKET_CHUNK_MAX;
  }

  async #nextPacket(): Promise<void> {
    if (!this.#more) throw new ProtocolError("Cannot read packet: it ends within an event");
    const head = new Uint8Array(PACKET_HEADER_SIZE);
    await this.#copy(head);
    this.#packet(head);
  }

  async #copy(target: Uint8Array): Promise<void> {
    let done = 0;
    while (done < target.length) {
      if (this.#start === this.#end) await this.#read();
      const size = Math.min(this.#end - this.#start, target.length - done);
      target.set(this.#buffer.subarray(this.#start, this.#start + size), done);
      this.#start += size;
      done += size;
    }
  }

  async #read(): Promise<void> {
    this.#onWait();
    let size: number | null;
    try {
      size = await this.#stream.read(this.#buffer);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`Cannot read from the source: ${reason}`, { cause });
    }
    if (size === null) throw new ConnectionError("The source closed the connection");
    this.#start = 0;
    this.#end = size;
  }
}
