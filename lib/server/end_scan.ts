import type { SyncReader } from "../binlog/event_scanner.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";
import { FileScan } from "../store/file_summary_scan.ts";

/** Reads a file no further than a limit that moves. */
class LimitedReader implements SyncReader {
  readonly #file: Deno.FsFile;
  #position = 0;
  limit = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  readSync(buffer: Uint8Array): number | null {
    const size = Math.min(buffer.length, this.limit - this.#position);
    if (size <= 0) return null;
    const read = this.#file.readSync(buffer.subarray(0, size));
    this.#position += read ?? 0;
    return read;
  }
}

/** Scans the newest file for GTIDs, and goes on where it was when the file has grown. */
export class EndScan {
  readonly file: string | undefined;
  readonly #handle: Deno.FsFile | undefined;
  readonly #reader: LimitedReader | undefined;
  readonly #scan: FileScan | undefined;

  constructor(dir: string, file: string | undefined) {
    this.file = file;
    if (file === undefined) return;
    this.#handle = Deno.openSync(`${dir}/${file}`, { read: true });
    this.#reader = new LimitedReader(this.#handle);
    this.#scan = new FileScan(this.#reader, { file });
  }

  /**
   * Reads on, up to `limit`.
   * @throws {FormatError} for damage.
   */
  advance(limit: number): void {
    const scan = this.#scan;
    if (!scan) return;
    this.#reader!.limit = limit;
    while (scan.step());
    scan.gtids.flush();
  }

  /** End of the last whole event. */
  get position(): number {
    return this.#scan?.scanner.endPosition ?? 0;
  }

  /** Whether the last transaction has a GTID; undefined while the file holds none. */
  get gtidMode(): boolean | undefined {
    return this.#scan && this.#scan.transactions > 0 ? this.#scan.hasGtid : undefined;
  }

  /** Transactions of the files before and of this one. */
  get mysql(): GtidSet {
    const set = this.#scan?.previousMysql?.clone() ?? new GtidSet();
    return this.#scan ? set.union(this.#scan.gtids.mysql) : set;
  }

  /** The newest transaction by domain and server; the newest of a domain comes last. */
  mariadbState(): MariadbGtid[] {
    const state = new Map<string, MariadbGtid>();
    const put = (gtid: MariadbGtid): void => {
      const key = `${gtid.domain}-${gtid.serverId}`;
      state.delete(key);
      state.set(key, gtid);
    };
    for (const gtid of this.#scan?.previousMariadb ?? []) put(gtid);
    const gtids = this.#scan?.gtids;
    for (const { domain, serverId, ranges } of gtids?.mariadb.entries() ?? []) {
      const last = ranges.ranges[ranges.ranges.length - 1]!;
      put({ domain, serverId, sequence: last.end - 1n });
    }
    for (const gtid of gtids?.position ?? []) put(gtid);
    return [...state.values()].sort((a, b) => a.domain - b.domain);
  }

  close(): void {
    this.#handle?.close();
  }
}
