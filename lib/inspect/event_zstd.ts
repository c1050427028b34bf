import { FormatError } from "../errors.ts";

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** The largest window that zstd's own levels ask for; the decoder takes so much memory at once. */
const WINDOW_MAX = 128 * 1024 * 1024;
const SINGLE_SEGMENT = 0x20;
const DICTIONARY_SIZES = [0, 1, 2, 4] as const;

/**
 * Checks the head of a zstd frame (RFC 8878, 3.1.1.1) before a decoder takes the memory that it asks
 * for. Throws FormatError.
 */
export function checkZstdWindow(bytes: Uint8Array): void {
  const bad = (what: string): FormatError =>
    new FormatError(`Cannot unpack a transaction: ${what}`, { field: "payload" });
  for (let i = 0; i < MAGIC.length; i++) {
    if (bytes[i] !== MAGIC[i]) throw bad("no zstd frame");
  }
  const descriptor = bytes[4] ?? 0;
  let size = 0;
  if (descriptor & SINGLE_SEGMENT) {
    // The window is as large as the content, whose size is 1, 2, 4 or 8 bytes.
    const width = 1 << (descriptor >> 6);
    const at = 5 + DICTIONARY_SIZES[descriptor & 3]!;
    for (let i = width - 1; i >= 0; i--) size = size * 256 + (bytes[at + i] ?? 0);
  } else {
    const window = bytes[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    size = base + (base / 8) * (window & 7);
  }
  if (size > WINDOW_MAX) throw bad(`it needs a window of ${size} bytes`);
}
