import { inflateAtMost } from "../bytes/inflate_at_most.ts";
import { unzstd } from "../bytes/unzstd.ts";
import { ProtocolError } from "../errors.ts";

/** Header of a frame: u24 size, u8 sequence, u24 size before compression (0: stored as it is). */
const HEADER_SIZE = 7;
const FRAME_MAX = 0xff_ffff;

/**
 * One direction of a compressed conversation: cuts frames of the compressed protocol and unpacks
 * them, and packs bytes as stored frames. Holds one frame, 16 MiB before and after at most.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression_packet.html
 */
export class FrameFlow {
  readonly #zstd: boolean;
  readonly #header = new Uint8Array(HEADER_SIZE);
  #headerSize = 0;
  #body: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #bodySize = 0;

  constructor(algorithm: "zlib" | "zstd") {
    this.#zstd = algorithm === "zstd";
  }

  /** Size of the body that the header tells; it is there from the seventh byte on. */
  get #size(): number {
    return this.#header[0]! | (this.#header[1]! << 8) | (this.#header[2]! << 16);
  }

  /**
   * Takes bytes up to the end of a frame. `content` is there when a frame is complete.
   * @throws {ProtocolError} where a frame can't be unpacked.
   */
  take(bytes: Uint8Array): { taken: number; content?: Uint8Array } {
    const head = Math.min(HEADER_SIZE - this.#headerSize, bytes.length);
    this.#header.set(bytes.subarray(0, head), this.#headerSize);
    this.#headerSize += head;
    if (this.#headerSize < HEADER_SIZE) return { taken: head };
    const part = bytes.subarray(head, head + this.#size - this.#bodySize);
    this.#keep(part);
    const taken = head + part.length;
    if (this.#bodySize < this.#size) return { taken };
    const body = this.#body.subarray(0, this.#bodySize);
    this.#headerSize = this.#bodySize = 0;
    return { taken, content: this.#unpack(body) };
  }

  /** Memory is taken as bytes come, not for what a header tells. */
  #keep(part: Uint8Array): void {
    const need = this.#bodySize + part.length;
    if (need > this.#body.length) {
      const grown = new Uint8Array(Math.min(FRAME_MAX, Math.max(need, this.#body.length * 2)));
      grown.set(this.#body.subarray(0, this.#bodySize));
      this.#body = grown;
    }
    this.#body.set(part, this.#bodySize);
    this.#bodySize = need;
  }

  #unpack(body: Uint8Array): Uint8Array {
    const before = this.#header[4]! | (this.#header[5]! << 8) | (this.#header[6]! << 16);
    if (before === 0) return body;
    let content: Uint8Array;
    try {
      content = this.#zstd ? unzstd(body, before) : inflateAtMost(body, before);
    } catch (cause) {
      throw new ProtocolError("Cannot unpack a compressed packet: damaged", { cause });
    }
    if (content.length !== before) {
      throw new ProtocolError("Cannot unpack a compressed packet: wrong size", {
        expected: `${before} bytes`,
        found: `${content.length} bytes`,
      });
    }
    return content;
  }

  /** The bytes as frames that are stored as they are, with the sequence of the last frame taken. */
  store(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const content = new Uint8Array(length);
    pieces.reduce((at, piece) => (content.set(piece, at), at + piece.length), 0);
    const frames = Math.ceil(length / FRAME_MAX);
    const out = new Uint8Array(length + frames * HEADER_SIZE);
    for (let i = 0; i < frames; i++) {
      const part = content.subarray(i * FRAME_MAX, (i + 1) * FRAME_MAX);
      const at = i * (FRAME_MAX + HEADER_SIZE);
      out.set([part.length & 0xff, (part.length >>> 8) & 0xff, part.length >>> 16], at);
      out[at + 3] = (this.#header[3]! + i) & 0xff;
      out.set(part, at + HEADER_SIZE);
    }
    return out;
  }
}
