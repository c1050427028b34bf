import { ConnectionError, ProtocolError, UsageError } from "../errors.ts";
import * as zlib from "node:zlib";
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
}

const ZLIB: Codec = {
  compress: (bytes) => zlib.deflateSync(bytes),
  decompress: (bytes, size) => zlib.inflateSync(bytes, { maxOutputLength: size }),
};

/** By the runtime where it can; before Deno 2.9 in JavaScript, and then what we send is stored. */
async function zstdCodec(
  { zstdCompressSync, zstdDecompressSync }: RuntimeZstd,
): Promise<Codec> {
  if (zstdCompressSync && zstdDecompressSync) {
    return {
      compress: (bytes) => zstdCompressSync(bytes),
      decompress: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: size }),
    };
  }
  const { unzstd } = await import("../bytes/unzstd.ts");
  return {
    compress: (bytes) => bytes,
    decompress: unzstd,
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

/** A stream of protocol packets over a stream of compressed frames. */
class CompressedStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #codec: Codec;
  #ready: Uint8Array = new Uint8Array(0);
  #sequence = 0;

  constructor(inner: ByteStream, codec: Codec) {
    this.#inner = inner;
    this.#codec = codec;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#ready.length === 0) {
      if (!await this.#readFrame()) return null;
    }
    const size = Math.min(buffer.length, this.#ready.length);
    buffer.set(this.#ready.subarray(0, size));
    this.#ready = this.#ready.subarray(size);
    return size;
  }

  async #readFrame(): Promise<boolean> {
    const header = new Uint8Array(FRAME_HEADER_SIZE);
    if (!await this.#readFull(header, true)) return false;
    const size = header[0]! | (header[1]! << 8) | (header[2]! << 16);
    const before = header[4]! | (header[5]! << 8) | (header[6]! << 16);
    this.#sequence = (header[3]! + 1) & 0xff;
    const body = new Uint8Array(size);
    await this.#readFull(body, false);
    if (before === 0) {
      this.#ready = body;
      return true;
    }
    try {
      this.#ready = this.#codec.decompress(body, before);
    } catch (cause) {
      throw new ProtocolError("Cannot read compressed packet: damaged", { cause });
    }
    if (this.#ready.length !== before) {
      throw new ProtocolError("Cannot read compressed packet: wrong size", {
        expected: String(before),
        found: String(this.#ready.length),
      });
    }
    return true;
  }

  async #readFull(target: Uint8Array, mayEnd: boolean): Promise<boolean> {
    let done = 0;
    while (done < target.length) {
      const read = await this.#inner.read(target.subarray(done));
      if (read === null) {
        if (mayEnd && done === 0) return false;
        throw new ConnectionError("The connection ended inside a compressed packet");
      }
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
