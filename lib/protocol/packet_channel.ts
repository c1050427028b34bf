import { ConnectionError, OversizeError, ProtocolError } from "../errors.ts";
import { type ByteStream, writeAll } from "./byte_stream.ts";
import { encodePacket, PACKET_CHUNK_MAX, PACKET_HEADER_SIZE, packetCount } from "./packet.ts";

const BUFFER_SIZE = 16 * 1024;

/** Largest payload read by default: replies to our own queries, logins, commands. */
export const PAYLOAD_MAX: number = 16 * 1024 * 1024;

/** Longest part of a question that its error shows. */
const SHOWN_MAX = 200;

/** What was asked of the peer, and for how long nothing may come in answer. */
export interface Question {
  /** A statement, or the name of a command. */
  what: string;
  limitMs: number;
}

/**
 * Packet by packet conversation over a stream: handshake, login, commands and their answers. Reads
 * ahead into a small buffer, which {@link takeBuffered} hands to whoever takes over the stream.
 *
 * @throws {ProtocolError} for wrong sequence ids and payloads over the limit.
 * @throws {ConnectionError} where the stream ends or breaks, or nothing comes in answer to
 *   {@link question} in time; the stream is closed then, since nothing else can be asked on it.
 */
export class PacketChannel {
  readonly #stream: ByteStream;
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  /** Sequence id of the next packet, whichever side sends it. */
  sequence = 0;
  /** False for a dump under protocol compression, where servers count in their own ways. */
  checksSequence = true;
  /** What is being asked; undefined where the peer may take its time. */
  question: Question | undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /**
   * The next payload, a copy of its own; undefined where the peer closed between packets.
   * `limit` is checked against each packet's length before memory is taken.
   */
  async tryRead(limit: number = PAYLOAD_MAX): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let payload: Uint8Array<ArrayBuffer> | undefined;
    for (;;) {
      if (!await this.#fill(PACKET_HEADER_SIZE, payload === undefined)) return undefined;
      const b = this.#buffer;
      const at = this.#start;
      const size = b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16);
      const found = b[at + 3]!;
      if (found !== this.sequence && this.checksSequence) {
        throw new ProtocolError(
          `Cannot read packet: sequence id ${found} where ${this.sequence} must be`,
          { expected: String(this.sequence), found: String(found) },
        );
      }
      const before = payload?.length ?? 0;
      if (before + size > limit) {
        throw new OversizeError(
          `Cannot read packet: ${before + size} bytes, more than the limit of ${limit}`,
          { expected: `at most ${limit}`, found: String(before + size) },
        );
      }
      this.#start += PACKET_HEADER_SIZE;
      this.sequence = (found + 1) & 0xff;
      const whole = new Uint8Array(before + size);
      if (payload) whole.set(payload);
      await this.#readInto(whole.subarray(before));
      payload = whole;
      if (size < PACKET_CHUNK_MAX) return payload;
    }
  }

  /** The next payload; the end of the stream is an error. */
  async read(limit: number = PAYLOAD_MAX): Promise<Uint8Array<ArrayBuffer>> {
    const payload = await this.tryRead(limit);
    if (!payload) throw new ConnectionError("The server closed the connection");
    return payload;
  }

  /** Sends a payload with the next sequence ids. */
  async write(payload: Uint8Array): Promise<void> {
    const packet = encodePacket(payload, this.sequence);
    this.sequence = (this.sequence + packetCount(payload.length)) & 0xff;
    try {
      await this.#inTime(writeAll(this.#stream, packet));
    } catch (cause) {
      throw connectionError("send to", cause);
    }
  }

  /** Begins a new command: sequence ids start at 0. */
  async writeCommand(payload: Uint8Array): Promise<void> {
    this.sequence = 0;
    await this.write(payload);
  }

  /** Bytes read ahead and not consumed; the channel forgets them. */
  takeBuffered(): Uint8Array<ArrayBuffer> {
    const rest = this.#buffer.slice(this.#start, this.#end);
    this.#start = this.#end = 0;
    return rest;
  }

  /** Makes `size` bytes available; false at an end before the first when `mayEnd`. */
  async #fill(size: number, mayEnd: boolean): Promise<boolean> {
    if (this.#start + size > this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    while (this.#end - this.#start < size) {
      const read = await this.#readSome(this.#buffer.subarray(this.#end));
      if (read === null) {
        if (mayEnd && this.#end === this.#start) return false;
        throw new ConnectionError("The connection ended inside a packet");
      }
      this.#end += read;
    }
    return true;
  }

  async #readInto(target: Uint8Array): Promise<void> {
    const ahead = Math.min(target.length, this.#end - this.#start);
    target.set(this.#buffer.subarray(this.#start, this.#start + ahead));
    this.#start += ahead;
    let done = ahead;
    while (done < target.length) {
      const read = await this.#readSome(target.subarray(done));
      if (read === null) throw new ConnectionError("The connection ended inside a packet");
      done += read;
    }
  }

  async #readSome(buffer: Uint8Array): Promise<number | null> {
    try {
      return await this.#inTime(this.#stream.read(buffer));
    } catch (cause) {
      throw connectionError("read from", cause);
    }
  }

  /** Waits for the stream no longer than the question allows. */
  async #inTime<T>(work: Promise<T>): Promise<T> {
    const { question } = this;
    if (!question) return await work;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(silenceError(question));
        try {
          this.#stream.close();
        } catch {
          // closed already
        }
      }, question.limitMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function silenceError({ what, limitMs }: Question): ConnectionError {
  const shown = what.length > SHOWN_MAX ? `${what.slice(0, SHOWN_MAX)}…` : what;
  return new ConnectionError(`Nothing came for ${limitMs / 1000} s in answer to: ${shown}`, {
    hint: "see whether the server or the network hangs",
  });
}

function connectionError(action: string, cause: unknown): ConnectionError {
  if (cause instanceof ConnectionError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`Cannot ${action} the peer: ${reason}`, { cause });
}
