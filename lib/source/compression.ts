import { ConnectionError, ProtocolError, UsageError } from "../errors.ts";
import * as zlib from "node:zlib";
import { inflateAtMost } from "../bytes/inflate_at_most.ts";
import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { CAPABILITY } from "../protocol/capabilities.ts";
import type { Greeting } from "../protocol/handshake.ts";
import type { CompressionAlgorithm } from "./source_options.ts";

/** Header of a compressed frame: u24 compressed size, u8 sequence, u24 size before (0: stored). */
const FRAME_HEADER_SIZE = 7;
/** Smaller payloads are sent as they are. */
const COMPRESS_MIN = 50;
const FRAME_MAX = 0xff_ffff;
const ZSTD_LEVEL = 3;
/** A frame that takes longer than this is looked into so often, before all of it has come. */
const LOOK_MS = 1000;
/** Bytes at most that a frame has behind those its contents come from: checksum, empty last block. */
const TRAILER_MAX = 16;

/** ZSTD_e_continue of zstd.h, which not every runtime's types know. */
const ZSTD_E_CONTINUE = 0;

/** What node:zlib of a recent runtime has. */
interface RuntimeZstd {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
  zstdDecompressSync?: (bytes: Uint8Array, options: unknown) => Uint8Array;
}

/** One algorithm, both ways; what would not become smaller may come back as it is. */
interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  /** `size`: bytes that must come out, and the most that may. */
  decompress(bytes: Uint8Array, size: number): Uint8Array;
  /** What can be told of the contents when not all of `bytes` has come. */
  begin(bytes: Uint8Array, size: number): Uint8Array;
}

/** A packed frame under way. */
interface OpenFrame {
  body: Uint8Array;
  /** Bytes of it that have come. */
  have: number;
  /** Size of its contents, and how much of them was handed on. */
  before: number;
  given: number;
  /** When it began, or was last looked into. */
  looked: number;
}

const ZLIB: Codec = {
  compress: (bytes) => zlib.deflateSync(bytes),
  decompress: inflateAtMost,
  begin: (bytes, size) => inflateAtMost(bytes, size, { partial: true }),
};

/** By the runtime where it can; before Deno 2.9 in JavaScript, and then what we send is stored. */
async function zstdCodec(
  { zstdCompressSync, zstdDecompressSync }: RuntimeZstd,
): Promise<Codec> {
  if (zstdCompressSync && zstdDecompressSync) {
    return {
      compress: (bytes) => zstdCompressSync(bytes),
      decompress: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: size }),
      begin: (bytes, size) =>
        zstdDecompressSync(bytes, { maxOutputLength: size, finishFlush: ZSTD_E_CONTINUE }),
    };
  }
  const { unzstd } = await import("../bytes/unzstd.ts");
  const { beginUnzstd } = await import("../bytes/begin_unzstd.ts");
  return {
    compress: (bytes) => bytes,
    decompress: unzstd,
    begin: beginUnzstd,
  };
}

/** What was agreed on for one connection. */
export interface Compression {
  algorithm: CompressionAlgorithm;
  /** Capability flags to ask for. */
  flags: number;
  zstdLevel: number | undefined;
}

/**
 * The first algorithm of the list that the server offers.
 * @throws {UsageError} where there is none.
 */
export function chooseCompression(
  algorithms: readonly CompressionAlgorithm[] | undefined,
  greeting: Greeting,
): Compression {
  const wanted = algorithms?.length ? algorithms : ["uncompressed" as const];
  for (const algorithm of wanted) {
    if (algorithm === "uncompressed") return { algorithm, flags: 0, zstdLevel: undefined };
    if (algorithm === "zlib" && greeting.capabilities & CAPABILITY.CLIENT_COMPRESS) {
      return { algorithm, flags: CAPABILITY.CLIENT_COMPRESS, zstdLevel: undefined };
    }
    const offered = greeting.capabilities & CAPABILITY.CLIENT_ZSTD_COMPRESSION_ALGORITHM;
    if (algorithm === "zstd" && offered) {
      const flags = CAPABILITY.CLIENT_ZSTD_COMPRESSION_ALGORITHM;
      return { algorithm, flags, zstdLevel: ZSTD_LEVEL };
    }
  }
  throw new UsageError(`The server offers none of ${wanted.join(", ")}`, {
    hint: "add uncompressed to --compression-algorithms",
  });
}

/**
 * A stream of protocol packets over a stream of compressed frames. Bytes are handed on as they come
 * where the frame is stored, and every second or so where a packed one takes long: a slow link is no
 * silent one, and a frame that says it is longer than its contents does not hide what follows.
 */
class CompressedStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #codec: Codec;
  #ready: Uint8Array = new Uint8Array(0);
  /** Bytes to come of a stored frame. */
  #stored = 0;
  #frame: OpenFrame | undefined;
  #sequence = 0;

  constructor(inner: ByteStream, codec: Codec) {
    this.#inner = inner;
    this.#codec = codec;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#ready.length > 0) {
        const size = Math.min(buffer.length, this.#ready.length);
        buffer.set(this.#ready.subarray(0, size));
        this.#ready = this.#ready.subarray(size);
        return size;
      }
      if (this.#stored > 0) {
        const read = await this.#readPart(buffer.subarray(0, this.#stored));
        this.#stored -= read;
        return read;
      }
      if (this.#frame) await this.#readBody(this.#frame);
      else if (!await this.#readHeader()) return null;
    }
  }

  async #readHeader(): Promise<boolean> {
    const header = new Uint8Array(FRAME_HEADER_SIZE);
    if (!await this.#readFull(header)) return false;
    const size = header[0]! | (header[1]! << 8) | (header[2]! << 16);
    const before = header[4]! | (header[5]! << 8) | (header[6]! << 16);
    this.#sequence = (header[3]! + 1) & 0xff;
    if (before === 0) this.#stored = size;
    else {
      const looked = performance.now();
      this.#frame = { body: new Uint8Array(size), have: 0, before, given: 0, looked };
    }
    return true;
  }

  /** Reads on in a packed frame; what it gives is ready then. */
  async #readBody(frame: OpenFrame): Promise<void> {
    const { body, before } = frame;
    if (frame.have < body.length) frame.have += await this.#readPart(body.subarray(frame.have));
    const whole = frame.have === body.length;
    if (!whole && !this.#isSlow(frame)) return;
    let contents: Uint8Array;
    try {
      contents = whole
        ? this.#codec.decompress(body, before)
        : this.#codec.begin(body.subarray(0, frame.have), before);
    } catch (cause) {
      throw new ProtocolError("Cannot read compressed packet: damaged", { cause });
    }
    const size = contents.length;
    if (whole && size !== before) {
      throw new ProtocolError("Cannot read compressed packet: wrong size", {
        expected: String(before),
        found: String(size),
      });
    }
    if (size === before && body.length - frame.have > TRAILER_MAX) {
      throw new ProtocolError("Cannot read compressed packet: its contents end before it does", {
        expected: `${body.length} bytes`,
        found: `${frame.have} bytes at the most`,
      });
    }
    if (size > frame.given) this.#ready = contents.subarray(frame.given);
    frame.given = Math.max(frame.given, size);
    if (whole) this.#frame = undefined;
  }

  /** Whether it is time to look into a frame that has not all come. */
  #isSlow(frame: OpenFrame): boolean {
    const now = performance.now();
    if (now - frame.looked < LOOK_MS) return false;
    frame.looked = now;
    return true;
  }

  /** Reads some bytes of a frame. */
  async #readPart(target: Uint8Array): Promise<number> {
    const read = await this.#inner.read(target);
    if (read === null) throw new ConnectionError("The connection ended inside a compressed packet");
    return read;
  }

  /** Fills a frame's header; false at the end of the stream. */
  async #readFull(target: Uint8Array): Promise<boolean> {
    let done = 0;
    while (done < target.length) {
      const rest = target.subarray(done);
      const read = done > 0 ? await this.#readPart(rest) : await this.#inner.read(rest);
      if (read === null) return false;
      done += read;
    }
    return true;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const part = bytes.subarray(0, FRAME_MAX);
    // A packet with sequence id 0 begins a new command, and with it a new count of frames.
    if (part.length > 3 && part[3] === 0) this.#sequence = 0;
    const packed = part.length >= COMPRESS_MIN ? this.#codec.compress(part) : part;
    const stored = packed.length >= part.length;
    const body = stored ? part : packed;
    const frame = new Uint8Array(FRAME_HEADER_SIZE + body.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, body.length, true);
    frame[3] = this.#sequence++ & 0xff;
    if (!stored) {
      frame[4] = part.length & 0xff;
      frame[5] = (part.length >>> 8) & 0xff;
      frame[6] = part.length >>> 16;
    }
    frame.set(body, FRAME_HEADER_SIZE);
    await writeAll(this.#inner, frame);
    return part.length;
  }

  close(): void {
    this.#inner.close();
  }
}

/** Wraps a stream once the login is through. */
export async function compressStream(
  inner: ByteStream,
  algorithm: "zlib" | "zstd",
  runtime: RuntimeZstd = zlib as unknown as RuntimeZstd,
): Promise<ByteStream> {
  return new CompressedStream(inner, algorithm === "zlib" ? ZLIB : await zstdCodec(runtime));
}
