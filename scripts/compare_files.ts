/**
 * The one compare tool: is a stored binlog file the source's, byte for byte? Knows exactly the
 * exceptions there are, and names them.
 *
 *     deno run -A scripts/compare_files.ts OURS SOURCES
 */

/** What a comparison found. */
export interface Comparison {
  equal: boolean;
  /** Why files that differ count as equal. */
  exception?: "in-use flag" | "source tail cut by recovery" | "copy is behind the active file";
  /** Byte of the first difference that counts, when not equal. */
  firstDifference?: number;
  reason?: string;
}

/** Byte 4 + 17 of a file: flags of the format description; bit 0x01 says "in use". */
const IN_USE_BYTE = 21;
const IN_USE_FLAG = 0x01;
const ENCRYPTED_MAGIC = 0xfd;
const BLOCK = 1024 * 1024;

/** Settings of {@link compareBinlogFiles}. */
export interface CompareOptions {
  /** The source is still writing this file: ours may end before it. */
  active?: boolean;
  /** The source crashed: its recovery may have cut the end of this file. */
  crashed?: boolean;
}

/** Compares our file with the source's. */
export async function compareBinlogFiles(
  ours: string,
  sources: string,
  options: CompareOptions = {},
): Promise<Comparison> {
  using a = await Deno.open(ours);
  using b = await Deno.open(sources);
  const sizes = { ours: (await a.stat()).size, source: (await b.stat()).size };
  const shared = Math.min(sizes.ours, sizes.source);
  const left = new Uint8Array(BLOCK);
  const right = new Uint8Array(BLOCK);
  let inUse = false;
  for (let at = 0; at < shared; at += BLOCK) {
    const size = Math.min(BLOCK, shared - at);
    readFull(a, left.subarray(0, size));
    readFull(b, right.subarray(0, size));
    if (at === 0 && right[0] === ENCRYPTED_MAGIC) {
      return { equal: false, firstDifference: 0, reason: "the source's file is encrypted" };
    }
    for (let i = 0; i < size; i++) {
      if (left[i] === right[i]) continue;
      if (at + i === IN_USE_BYTE && (left[i]! | IN_USE_FLAG) === right[i]) inUse = true;
      else return { equal: false, firstDifference: at + i, reason: "bytes differ" };
    }
  }
  if (sizes.ours < sizes.source && options.active) {
    return { equal: true, exception: "copy is behind the active file" };
  }
  if (sizes.ours > sizes.source && options.crashed) {
    return { equal: true, exception: "source tail cut by recovery" };
  }
  if (sizes.ours !== sizes.source) {
    const reason = `sizes differ: ours ${sizes.ours}, the source's ${sizes.source}`;
    return { equal: false, firstDifference: shared, reason };
  }
  return inUse ? { equal: true, exception: "in-use flag" } : { equal: true };
}

function readFull(file: Deno.FsFile, target: Uint8Array): void {
  for (let done = 0; done < target.length;) {
    const size = file.readSync(target.subarray(done));
    if (!size) throw new Error("file became shorter while it was read");
    done += size;
  }
}

if (import.meta.main) {
  const [ours, sources] = Deno.args;
  if (!ours || !sources) {
    Deno.stderr.writeSync(new TextEncoder().encode("usage: compare_files.ts OURS SOURCES\n"));
    Deno.exit(2);
  }
  const result = await compareBinlogFiles(ours, sources);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result) + "\n"));
  Deno.exit(result.equal ? 0 : 1);
}
