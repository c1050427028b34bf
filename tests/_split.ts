/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ways to cut a stream of bytes into chunks. */
export interface Split {
  name: string;
  chunks: (bytes: Uint8Array) => Uint8Array[];
}

function randomSplit(seed: number, max: number): Split {
  return {
    name: `random, seed ${seed}, up to ${max}`,
    chunks(bytes) {
      const random = seededRandom(seed);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random() * max);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      return chunks;
    },
  };
}

/** Whole, byte by byte, and at random places: every stream has to give the same for each. */
export const SPLITS: Split[] = [
  { name: "whole", chunks: (bytes) => [bytes] },
  {
    name: "byte by byte",
    chunks: (bytes) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
  },
  randomSplit(1, 7),
  randomSplit(2, 100),
  randomSplit(3, 5000),
];

/** A socket that gives these chunks, one a read. */
export function chunkSocket(
  chunks: Uint8Array[],
): { read(buffer: Uint8Array): Promise<number | null> } {
  let next = 0;
  let rest: Uint8Array | undefined;
  return {
    read(buffer) {
      const chunk = rest ?? chunks[next++];
      if (!chunk) return Promise.resolve(null);
      const size = Math.min(chunk.length, buffer.length);
      buffer.set(chunk.subarray(0, size));
      rest = size < chunk.length ? chunk.subarray(size) : undefined;
      return Promise.resolve(size);
    },
  };
}
