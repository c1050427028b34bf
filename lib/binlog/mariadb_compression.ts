import { inflateAtMost } from "../bytes/inflate_at_most.ts";
import { FormatError } from "../errors.ts";

/** Bit of the first byte that says that what follows is compressed. */
const COMPRESSED = 0x80;
const ALGORITHM_SHIFT = 4;
const ALGORITHM_MASK = 0x7;
const ZLIB = 0;
const SIZE_BYTES = 0x7;
/** Largest content that is unpacked: it is in memory whole. */
const UNPACKED_MAX: number = 64 * 1024 * 1024;

/** What stands before a compressed statement or the rows of a compressed row event. */
export interface CompressedHead {
  /** Bytes of the content once it is unpacked. */
  size: number;
  /** Bytes before the zlib stream. */
  headSize: number;
}

/**
 * Reads the head: u8 0x80 | algorithm << 4 | n (0 is zlib, n 1 to 4), then n bytes big-endian, the size
 * of the content; a zlib stream follows. Source: MariaDB sql/log_event.cc, binlog_buf_compress.
 */
export function decodeCompressedHead(bytes: Uint8Array): CompressedHead {
  const mark = bytes[0] ?? 0;
  const count = mark & SIZE_BYTES;
  const algorithm = (mark >> ALGORITHM_SHIFT) & ALGORITHM_MASK;
  if (!(mark & COMPRESSED) || algorithm !== ZLIB || count < 1 || count > 4) {
    throw new FormatError(`Cannot unpack: head 0x${mark.toString(16)}`, {
      field: "compressed head",
      expected: "0x81 to 0x84",
      found: `0x${mark.toString(16)}`,
    });
  }
  if (bytes.length < 1 + count) {
    throw new FormatError(`Cannot unpack: need ${1 + count} bytes, got ${bytes.length}`, {
      field: "compressed size",
    });
  }
  let size = 0;
  for (let i = 1; i <= count; i++) size = size * 256 + bytes[i]!;
  return { size, headSize: 1 + count };
}

/**
 * Unpacks a compressed statement or the rows of a compressed event.
 * @throws {FormatError} where it is damaged or larger than 64 MiB.
 */
export function unpackMariadb(bytes: Uint8Array): Uint8Array {
  const { size, headSize } = decodeCompressedHead(bytes);
  if (size > UNPACKED_MAX) {
    throw new FormatError(`Cannot unpack: ${size} bytes are more than fit in memory here`, {
      field: "compressed size",
      expected: `at most ${UNPACKED_MAX}`,
      found: String(size),
    });
  }
  let content: Uint8Array;
  try {
    content = inflateAtMost(bytes.subarray(headSize), size);
  } catch (cause) {
    throw new FormatError("Cannot unpack: the zlib stream is damaged", {
      field: "compressed data",
      cause,
    });
  }
  if (content.length !== size) {
    throw new FormatError(`Cannot unpack: ${content.length} bytes came out, not ${size}`, {
      field: "compressed data",
      expected: String(size),
      found: String(content.length),
    });
  }
  return content;
}
