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
  exception?:
    | "in-use flag"
    | "source tail cut by recovery"
    | "copy is behind the active file"
    /** Nothing was compared but what is in clear and, on MariaDB, the size. */
    | "the source's file is encrypted";
  /** Byte of the first difference that counts, when not equal. */
  firstDifference?: number;
  reason?: string;
}

/** Byte 4 + 17 of a file: flags of the format description; bit 0x01 says "in use". */
const IN_USE_BYTE = 21;
const IN_USE_FLAG = 0x01;
const ENCRYPTED_MAGIC = 0xfd;
/** Bytes that MySQL puts before an encrypted binlog. */
const MYSQL_ENCRYPTION_HEADER = 512;
const START_ENCRYPTION_EVENT = 164;
const BLOCK = 1024 * 1024;

/** MySQL encrypts whole files behind a header, MariaDB what follows a START_ENCRYPTION_EVENT. */
function isEncrypted(head: Uint8Array): boolean {
  if (head[0] === ENCRYPTED_MAGIC) return true;
  if (head.length < 13) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const next = 4 + view.getUint32(4 + 9, true);
  return head[next + 4] === START_ENCRYPTION_EVENT;
}

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
    if (at === 0 && isEncrypted(right.subarray(0, size))) {
      const header = right[0] === ENCRYPTED_MAGIC ? MYSQL_ENCRYPTION_HEADER : 0;
      if (sizes.ours + header === sizes.source) {
        return { equal: true, exception: "the source's file is encrypted" };
      }
      return { equal: false, firstDifference: 0, reason: "encrypted, and of another size" };
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
