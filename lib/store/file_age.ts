import { BinlogdError } from "../errors.ts";
import type { GtidSet } from "../gtid/gtid_set.ts";
import type { MariadbGtid } from "../gtid/mariadb_position.ts";
import { FileScan } from "./file_summary_scan.ts";

/** Events in which a file says what came before it: format description, on MariaDB a key, the list. */
const HEAD_EVENTS = 3;

/**
 * What the head of a binlog file says of when it was begun: the time of its first event, and the
 * GTIDs of all that was done before.
 */
export class FileAge {
  readonly #time: number;
  readonly #mysql: GtidSet | undefined;
  readonly #mariadb: readonly MariadbGtid[] | undefined;

  private constructor(scan: FileScan) {
    this.#time = scan.created;
    this.#mysql = scan.previousMysql;
    this.#mariadb = scan.previousMariadb;
  }

  /** Reads the age of a file; undefined where its first event can't be read. */
  static read(path: string): FileAge | undefined {
    try {
      using handle = Deno.openSync(path, { read: true });
      const scan = new FileScan(handle, { file: path });
      if (!scan.step()) return undefined;
      try {
        while (scan.events < HEAD_EVENTS && scan.step());
      } catch (error) {
        if (!(error instanceof BinlogdError)) throw error; // its first event is good
      }
      return new FileAge(scan);
    } catch {
      return undefined;
    }
  }

  /**
   * Whether a file was begun before (below 0) or after (above 0) another of the same source. By the
   * GTIDs where they differ, as these only become more, while a clock may be set back.
   */
  compare(other: FileAge): number {
    const fewer = this.#hasFewerGtids(other);
    const more = other.#hasFewerGtids(this);
    if (fewer !== more) return fewer ? -1 : 1;
    return this.#time - other.#time;
  }

  #hasFewerGtids(other: FileAge): boolean {
    if (this.#mysql && other.#mysql) {
      return this.#mysql.isSubsetOf(other.#mysql) && !other.#mysql.isSubsetOf(this.#mysql);
    }
    if (!this.#mariadb || !other.#mariadb) return false;
    const ours = lastSequences(this.#mariadb);
    const theirs = lastSequences(other.#mariadb);
    return isWithin(ours, theirs) && !isWithin(theirs, ours);
  }
}

/** Last sequence number by `domain-server`. */
function lastSequences(list: readonly MariadbGtid[]): Map<string, bigint> {
  return new Map(list.map(({ domain, serverId, sequence }) => [`${domain}-${serverId}`, sequence]));
}

function isWithin(list: Map<string, bigint>, other: Map<string, bigint>): boolean {
  return [...list].every(([key, sequence]) => (other.get(key) ?? -1n) >= sequence);
}
