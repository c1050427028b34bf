import { inflateAtMost } from "../../bytes/inflate_at_most.ts";
import { FormatError } from "../../errors.ts";

const METHOD_SHIFT = 4;
const ZLIB = 8;
/** Bit of the head: the stream has no zlib header. */
const RAW = 0x08;
const SIZE_BYTES = 0x07;
const UNPACKED_MAX = 64 * 1024 * 1024;

function damaged(what: string, cause?: unknown): FormatError {
  return new FormatError(`Cannot unpack a compressed column: ${what}`, { field: "column", cause });
}

/**
 * Unpacks a value of a MariaDB COMPRESSED column, bytes [start, end): u8 method << 4 | raw << 3 | n, then
 * n bytes big-endian, the size of the content, then a deflate stream. Method 0 is the content as it is,
 * behind the first byte. An empty value stays empty. Source: MariaDB sql/field_comp.cc.
 */
export function unpackCompressedColumn(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  if (start === end) return bytes.subarray(start, end);
  const head = bytes[start]!;
  const method = head >> METHOD_SHIFT;
  if (method === 0) return bytes.subarray(start + 1, end);
  const sizeBytes = head & SIZE_BYTES;
  if (method !== ZLIB || start + 1 + sizeBytes > end) throw damaged(`head 0x${head.toString(16)}`);
  let size = 0;
  for (let i = 1; i <= sizeBytes; i++) size = size * 256 + bytes[start + i]!;
  if (size > UNPACKED_MAX) throw damaged(`${size} bytes are more than fit in memory here`);
  const packed = bytes.subarray(start + 1 + sizeBytes, end);
  let content: Uint8Array;
  try {
    content = inflateAtMost(packed, size, { raw: (head & RAW) !== 0 });
  } catch (cause) {
    throw damaged("the stream is damaged", cause);
  }
  if (content.length !== size) throw damaged(`${content.length} bytes came out, not ${size}`);
  return content;
}
