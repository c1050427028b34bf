import * as zlib from "node:zlib";

/** Deflate makes no more bytes than this of one. */
const RATIO_MAX = 1032;
/** What node:zlib wants at least. */
const CHUNK_MIN = 64;

/** How a stream is unpacked. */
export interface InflateOptions {
  /** It has neither a zlib header nor a checksum. */
  raw?: boolean;
  /** It may end early: what can be told of it then comes back. */
  partial?: boolean;
}

/** The inside of a stream of node:zlib, as Deno before 2.9 has it. */
interface ZlibStream {
  on(event: "error", listener: (error: Error) => void): void;
  _handle: {
    /** Unpacks until either side is through; nothing comes back after an error. */
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputSize: number,
      output: Uint8Array,
      outputAt: number,
      outputSize: number,
    ): [inputLeft: number, outputLeft: number] | undefined;
    close(): void;
  } | null;
}

let enforces: boolean | undefined;

/** Whether node:zlib minds `maxOutputLength`: Deno does from 2.9 on. */
function runtimeEnforces(): boolean {
  if (enforces !== undefined) return enforces;
  try {
    zlib.inflateSync(zlib.deflateSync(new Uint8Array(2)), { maxOutputLength: 1 });
    return enforces = false;
  } catch {
    return enforces = true;
  }
}

function tooLarge(size: number): RangeError {
  return new RangeError(`more than ${size} bytes come out`);
}

/** Unpacks into a buffer of fixed size, for a runtime that would take all that comes. */
function inflateInto(bytes: Uint8Array, size: number, options: InflateOptions): Uint8Array {
  const settings = { chunkSize: CHUNK_MIN };
  const made = options.raw ? zlib.createInflateRaw(settings) : zlib.createInflate(settings);
  // Its types do not show the inside.
  const stream = made as unknown as ZlibStream;
  let failure: Error | undefined;
  stream.on("error", (error) => failure = error);
  // One byte more than may come, which tells a full buffer from too much.
  const content = new Uint8Array(Math.min(size, bytes.length * RATIO_MAX) + 1);
  const flush = options.partial ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.Z_FINISH;
  const left = stream._handle!.writeSync(
    flush,
    bytes,
    0,
    bytes.length,
    content,
    0,
    content.length,
  );
  stream._handle?.close(); // an error has closed it
  if (failure || !left) throw failure ?? new Error("the stream is damaged");
  if (left[1] === 0) throw tooLarge(size);
  return content.subarray(0, content.length - left[1]);
}

/**
 * Unpacks a deflate stream of at most `size` bytes. What is more makes it throw, as does damage, and
 * never is much more than that in memory, whatever the runtime.
 */
export function inflateAtMost(
  bytes: Uint8Array,
  size: number,
  options: InflateOptions = {},
): Uint8Array {
  if (!runtimeEnforces()) return inflateInto(bytes, size, options);
  const settings = {
    maxOutputLength: Math.max(size, 1),
    finishFlush: options.partial ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.Z_FINISH,
  };
  const content = options.raw
    ? zlib.inflateRawSync(bytes, settings)
    : zlib.inflateSync(bytes, settings);
  if (content.length > size) throw tooLarge(size);
  return content;
}
