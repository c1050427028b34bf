import { EncryptedError } from "../binlog/encrypted_error.ts";
import { EVENT_FLAG } from "../binlog/event_header.ts";
import type { SyncReader } from "../binlog/event_scanner.ts";
import type { LargeEventChecks } from "../binlog/event_scanner_options.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { isMariadbVersion } from "../binlog/format_description_event.ts";
import { FormatError } from "../errors.ts";
import { FileScan } from "../store/file_summary_scan.ts";
import { type Finding, finding, type FindingCode } from "./verify_finding.ts";
import { OrderCheck } from "./verify_order.ts";
import { ZeroTail } from "./zero_tail.ts";

/** Findings of one file beyond this are only counted. */
const FINDINGS_MAX = 20;
const MICROSECONDS = 1e6;

/** What was seen of one binlog file. */
export interface FileReport {
  file: string;
  /** Bytes that are there. */
  size: number;
  /** Bytes up to the end of the last whole event that was read. */
  verified: number;
  events: number;
  transactions: number;
  /** Commit times of the first and last transaction, microseconds; 0 without events. */
  firstTime: number;
  lastTime: number;
  serverVersion?: string;
  /** Whether the format description has the in-use flag. */
  inUse: boolean;
  findings: Finding[];
  /** Findings left out of the list. */
  omitted: number;
}

/** What a file ends with. */
export type FileEnd =
  | "rotate"
  | "stop"
  /** After a whole event, between transactions. */
  | "open"
  /** After a whole event, inside a transaction. */
  | "transaction"
  /** Within an event. */
  | "torn"
  /** After a whole event, and zeros follow up to the end of the file. */
  | "zeros"
  /** No event at all. */
  | "empty"
  /** Not reached, because of damage, or of what is encrypted, before it. */
  | "unknown";

/** Reads one file to its end, or to the first event that can't be read, and keeps what it finds. */
export class FileVerifier {
  readonly scan: FileScan;
  readonly report: FileReport;
  readonly #reader: SyncReader;
  readonly #order: OrderCheck;
  /** Where what can't be read begins. */
  #badFrom: number | undefined;
  /** What can't be read is perhaps zeros up to the end of the file, and surely so; else damage. */
  #zeros: ZeroTail | undefined;
  #zerosOnly = false;
  #damage: Finding | undefined;
  #firstTime = 0;

  constructor(reader: SyncReader, file: string, largeEventChecks?: LargeEventChecks) {
    this.#reader = reader;
    this.scan = new FileScan(reader, { file, verifyChecksums: true, largeEventChecks });
    this.report = {
      file,
      size: 0,
      verified: 0,
      events: 0,
      transactions: 0,
      firstTime: 0,
      lastTime: 0,
      inUse: false,
      findings: [],
      omitted: 0,
    };
    this.#order = new OrderCheck(this.scan, (found) => this.add(found));
  }

  /** Notes a finding. */
  add(found: Finding): void {
    if (this.report.findings.length < FINDINGS_MAX) this.report.findings.push(found);
    else this.report.omitted++;
  }

  /**
   * Reads on for about `bytes` bytes; false when the end, or damage, was reached. After an end it may
   * be called again, in case the file has grown.
   */
  run(bytes: number): boolean {
    const { scan } = this;
    const { scanner } = scan;
    const until = scanner.endPosition + bytes;
    try {
      if (this.#badFrom !== undefined) return this.#readZeros(bytes);
      while (scanner.endPosition < until) {
        if (!scan.step()) return false;
        this.#order.check();
        if (scan.ended && this.#firstTime === 0) this.#firstTime = scan.transactionTime;
        if (scan.events === 1) this.#head();
      }
      return true;
    } catch (error) {
      this.#caught(error);
      return this.#zeros !== undefined;
    }
  }

  /** After damage: reads on where it may be zeros up to the end. */
  #readZeros(bytes: number): boolean {
    if (!this.#zeros || this.#zerosOnly) return false;
    const found = this.#zeros.run(bytes);
    if (found === "more") return true;
    if (found === "zeros") this.#zerosOnly = true;
    else {
      this.#zeros = undefined;
      this.add(this.#damage!);
    }
    return false;
  }

  #head(): void {
    const { scanner } = this.scan;
    if (scanner.eventType !== EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) return;
    this.report.serverVersion = scanner.format!.serverVersion;
    this.report.inUse = (scanner.flags & EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F) !== 0;
  }

  #caught(error: unknown): void {
    const { scanner } = this.scan;
    if (error instanceof FormatError) {
      if (scanner.torn) return; // the end of the file came within a large event
      const { position = scanner.position, expected, found } = error.details;
      this.#badFrom = position;
      const damage = finding(codeOf(error, position), messageOf(error, scanner), {
        file: scanner.file,
        position,
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found }),
      });
      if (damage.code === "encrypted" || !this.#reader.seekSync) this.add(damage);
      else {
        this.#damage = damage;
        this.#zeros = new ZeroTail(this.#reader, position);
      }
      return;
    }
    if (!(error instanceof Error)) throw error;
    this.#badFrom ??= scanner.position;
    this.#zeros = undefined;
    this.add(finding("unreadable", error.message, {
      file: scanner.file,
      position: scanner.endPosition,
    }));
  }

  /** What the file ends with, as far as it was read. */
  get end(): FileEnd {
    const { scan } = this;
    if (this.#zerosOnly) return "zeros";
    if (this.#badFrom !== undefined) return "unknown";
    if (scan.scanner.torn) return "torn";
    if (scan.events === 0) return "empty";
    if (scan.closing !== "open") return scan.closing;
    return scan.open ? "transaction" : "open";
  }

  /** The zeros that the file ends with, and the damage that they are where none may be. */
  get zeros(): { position: number; size: number; damage: Finding } | undefined {
    if (!this.#zerosOnly) return undefined;
    const { position, size } = this.#zeros!;
    return { position, size, damage: this.#damage! };
  }

  /** Where what is to be cut off the end begins: an event that is not whole, or zeros. */
  get tornAt(): number | undefined {
    if (this.end === "torn") return this.scan.scanner.torn!.position;
    return this.zeros?.position;
  }

  /** Whether the file was written by MariaDB. */
  get isMariadb(): boolean {
    return isMariadbVersion(this.report.serverVersion ?? "");
  }

  /** Completes the report; `size` is the file's size. */
  finish(size: number): FileReport {
    const { scan, report } = this;
    if (scan.open && scan.hasGtid) scan.gtids.withdraw();
    scan.gtids.flush();
    report.size = size;
    report.verified = scan.scanner.torn?.position ?? this.#badFrom ?? scan.scanner.endPosition;
    report.events = scan.events;
    report.transactions = scan.transactions;
    report.firstTime = this.#firstTime || scan.created * MICROSECONDS;
    report.lastTime = scan.transactionTime || report.firstTime;
    this.#checkGtids();
    return report;
  }

  #checkGtids(): void {
    const { gtids, previousMysql } = this.scan;
    const { file } = this.report;
    if (gtids.repeated !== undefined && !this.isMariadb) {
      this.add(finding("gtid-repeated", `${gtids.repeated} comes twice in the file`, { file }));
    }
    if (!previousMysql) return;
    const again = gtids.mysql.intersect(previousMysql);
    if (again.isEmpty) return;
    const message = `transactions that came before the file, as its head says, come again in it`;
    this.add(finding("gtid-repeated", message, { file, found: shorten(again.toString()) }));
  }
}

/** A long text cut to what fits a line. */
export function shorten(text: string, most = 200): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function codeOf(error: FormatError, position: number): FindingCode {
  if (error instanceof EncryptedError) return "encrypted";
  return position === 0 ? "bad-magic" : "damaged-event";
}

function messageOf(error: FormatError, at: { file: string; position: number }): string {
  if (error instanceof EncryptedError) return "what follows is encrypted";
  return error.message.replace(`Damaged event at ${at.file}:${at.position}: `, "")
    .replace(`Cannot read ${at.file}: it `, "it ");
}
