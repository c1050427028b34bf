import { EVENT_HEADER_SIZE } from "../../lib/binlog/event_header.ts";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { decodeGtid, decodeMariadbGtid } from "../../lib/binlog/gtid_event.ts";
import type { FormatDescriptionEvent } from "../../lib/binlog/format_description_event.ts";
import type { PlannedCommit } from "./commit_ledger.ts";
import { rowText } from "./commit_ledger.ts";

const MARK = /<c(\d+)n(\d+):[0-9a-z]*>/;
/** Row events of version 1 (MariaDB) and 2 (MySQL). */
const WRITE_ROWS: ReadonlySet<number> = new Set([23, EVENT_TYPE.WRITE_ROWS_EVENT]);

interface FileProgress {
  position: number;
  format: FormatDescriptionEvent | undefined;
}

function key({ client, number }: PlannedCommit): string {
  return `${client}:${number}`;
}

/**
 * The transactions of a store, found by reading its files, checksums and all. Reads on where the
 * last call ended, up to what is whole at the end of the newest file.
 */
export class StoreContents {
  readonly #dir: string;
  readonly #files = new Map<string, FileProgress>();
  readonly #found = new Map<string, string>();
  readonly #gtids = new Set<string>();
  /** Transactions found twice, and rows with other content than planned. */
  readonly faults: string[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Transactions found. */
  get size(): number {
    return this.#found.size;
  }

  /** GTID under which a transaction is stored; undefined where it is not. */
  gtidOf(commit: PlannedCommit): string | undefined {
    return this.#found.get(key(commit));
  }

  /** Reads what is new. @throws {FormatError} for damage. */
  update(): void {
    const names = [...Deno.readDirSync(this.#dir)].map(({ name }) => name)
      .filter((name) => /^binlog\.\d+$/.test(name)).sort();
    for (const [index, name] of names.entries()) this.#readFile(name, index === names.length - 1);
  }

  #readFile(name: string, newest: boolean): void {
    const from = this.#files.get(name) ?? { position: 0, format: undefined };
    using file = Deno.openSync(`${this.#dir}/${name}`);
    file.seekSync(from.position, Deno.SeekMode.Start);
    const scanner = new EventScanner(file, {
      file: name,
      startPosition: from.position,
      verifyChecksums: true,
      ...(from.format ? { format: from.format } : {}),
    });
    let whole = from.position;
    let gtid = "";
    let row: PlannedCommit | undefined;
    let open = false;
    while (scanner.next()) {
      const { eventType: type } = scanner;
      if (type === EVENT_TYPE.GTID_LOG_EVENT) gtid = this.#mysqlGtid(scanner.head);
      else if (type === EVENT_TYPE.GTID_EVENT) gtid = this.#mariadbGtid(scanner.head);
      else if (WRITE_ROWS.has(type)) row = this.#row(scanner);
      else if (type === EVENT_TYPE.XID_EVENT) {
        if (row) this.#add(row, gtid);
        row = undefined;
        open = false;
      }
      if (type === EVENT_TYPE.GTID_LOG_EVENT || type === EVENT_TYPE.GTID_EVENT) {
        whole = scanner.position;
        open = true;
      } else if (!open) whole = scanner.endPosition;
    }
    if (scanner.torn && !newest) this.faults.push(`${name} is cut off at ${scanner.position}`);
    // A transaction whose end is missing is read again from its beginning.
    this.#files.set(name, { position: whole, format: scanner.format });
  }

  #mysqlGtid(event: Uint8Array): string {
    const { uuid, gno } = decodeGtid(event.subarray(EVENT_HEADER_SIZE));
    return `${uuid}:${gno}`;
  }

  #mariadbGtid(event: Uint8Array): string {
    const { domain, serverId, sequence } = decodeMariadbGtid(event);
    return `${domain}-${serverId}-${sequence}`;
  }

  #row(scanner: EventScanner): PlannedCommit | undefined {
    const match = MARK.exec(new TextDecoder("latin1").decode(scanner.head));
    if (!match) return undefined;
    const commit = { client: Number(match[1]), number: Number(match[2]) };
    if (match[0] !== rowText(commit)) this.faults.push(`other content in ${match[0]}`);
    return commit;
  }

  #add(commit: PlannedCommit, gtid: string): void {
    if (this.#found.has(key(commit))) this.faults.push(`${key(commit)} is there twice`);
    if (this.#gtids.has(gtid)) this.faults.push(`GTID ${gtid} is there twice`);
    this.#found.set(key(commit), gtid);
    this.#gtids.add(gtid);
  }
}
