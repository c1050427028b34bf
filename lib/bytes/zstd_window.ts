const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const SINGLE_SEGMENT = 0x20;
const CHECKSUM = 0x04;
const DICTIONARY_SIZES = [0, 1, 2, 4] as const;

/** The largest window that zstd's own levels ask for. */
export const ZSTD_WINDOW_MAX: number = 128 * 1024 * 1024;

/**
 * Where the first zstd frame in `bytes` ends (RFC 8878, 3.1.1); undefined where it is not whole.
 */
export function zstdFrameEnd(bytes: Uint8Array): number | undefined {
  const descriptor = bytes[4] ?? 0;
  const single = (descriptor & SINGLE_SEGMENT) !== 0;
  const contentSize = descriptor >> 6 ? 1 << (descriptor >> 6) : single ? 1 : 0;
  let at = 5 + (single ? 0 : 1) + DICTIONARY_SIZES[descriptor & 3]! + contentSize;
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) return undefined;
    const block = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    last = (block & 1) === 1;
    // A block of one byte, repeated, has that byte only.
    at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3);
  }
  at += descriptor & CHECKSUM ? 4 : 0;
  return at <= bytes.length ? at : undefined;
}

/**
 * Bytes of memory that a decoder takes for a zstd frame (RFC 8878, 3.1.1.1), as its head asks for;
 * undefined where no zstd frame begins.
 */
export function zstdWindow(bytes: Uint8Array): number | undefined {
  for (let i = 0; i < MAGIC.length; i++) {
    if (bytes[i] !== MAGIC[i]) return undefined;
  }
  const descriptor = bytes[4] ?? 0;
  if (descriptor & SINGLE_SEGMENT) {
    // The window is as large as the content, whose size is 1, 2, 4 or 8 bytes.
    const width = 1 << (descriptor >> 6);
    const at = 5 + DICTIONARY_SIZES[descriptor & 3]!;
    let size = 0;
    for (let i = width - 1; i >= 0; i--) size = size * 256 + (bytes[at + i] ?? 0);
    return size;
  }
  const window = bytes[5] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  return base + (base / 8) * (window & 7);
}
