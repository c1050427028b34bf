import {
  BINLOG_MAGIC,
  CHECKSUM_SIZE,
  EVENT_FLAG,
  EVENT_HEADER_SIZE,
  HEADER_OFFSET,
} from "./event_header.ts";
import { EventChecksum } from "./event_checksum.ts";
import { EVENT_TYPE, eventTypeName } from "./event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
  type FormatDescriptionEvent,
} from "./format_description_event.ts";
import type { EventScannerOptions, LargeEventChecks, TornEvent } from "./event_scanner_options.ts";
import { cutOffError, damagedEventError, magicError } from "./scan_errors.ts";
import { ScanWindow, type SyncReader, WINDOW_SIZE } from "./scan_window.ts";

export type { EventScannerOptions, SyncReader };

/** log_pos is checked only in files where positions are the file's own, which relay logs' are not. */
const RELAY = EVENT_FLAG.LOG_EVENT_RELAY_LOG_F;
/** Servers without checksums, before 5.6.1, know no more event types than this. */
const TYPES_WITHOUT_CHECKSUM_MAX = 30;
/** From this size on others are asked whether they check an event; so much of it is read then. */
const LARGE_EVENT = 256 * 1024;
const TAKEN_HEAD = 64 * 1024;

/**
 * Reads a binlog file event by event, synchronously, within a fixed window of memory. The fields
 * describe the event that the last {@link next} found; nothing is allocated per event.
 *
 * Checks magic, sizes and, if asked, CRCs; an event that is cut off ends the scan with
 * {@link torn} set, which is not the same as a clean end. After an end the file may have grown:
 * call {@link next} again.
 *
 * @throws {FormatError} for damage, with file and position.
 */
export class EventScanner {
  readonly file: string;
  readonly #window: ScanWindow;
  readonly #checksum: EventChecksum | undefined;
  readonly #elsewhere: LargeEventChecks | undefined;
  /** The CRC of the current event is checked elsewhere. */
  #taken = false;
  /** Bytes of the current event, to be passed over by next(). */
  #current = 0;
  #magicSeen: boolean;
  #partOffset = 0;
  #fileChecksum = 0;
  /** A relay log: events keep the positions they had in the source's files. */
  #relay = false;

  position = 0;
  endPosition = 0;
  timestamp = 0;
  eventType = 0;
  serverId = 0;
  eventSize = 0;
  logPos = 0;
  flags = 0;
  /** Where the last event is cut off; undefined after a clean end. */
  torn: TornEvent | undefined;
  /** The format description in force. */
  format: FormatDescriptionEvent | undefined;
  /** Bytes of checksum at the end of the current event: 0 or 4. */
  checksumSize = 0;

  constructor(reader: SyncReader, options: EventScannerOptions) {
    this.file = options.file;
    const start = options.startPosition ?? 0;
    this.#window = new ScanWindow(reader, start);
    this.#checksum = options.verifyChecksums ? new EventChecksum() : undefined;
    this.#elsewhere = options.largeEventChecks;
    this.#magicSeen = start > 0;
    this.endPosition = start;
    if (options.format) this.#setFormat(options.format);
  }

  /**
   * The event's bytes with header and checksum: all of it when it is {@link whole}, else as much of
   * its beginning as the window holds. A view that the next call of {@link next} overwrites.
   */
  get head(): Uint8Array {
    const { buffer, start } = this.#window;
    return buffer.subarray(start, start + this.headSize);
  }

  /** The buffer behind {@link head}, and where the event begins in it: no view is made. */
  get buffer(): Uint8Array {
    return this.#window.buffer;
  }

  get offset(): number {
    return this.#window.start;
  }

  /** Bytes of the event in the window. */
  get headSize(): number {
    return Math.min(this.eventSize, this.#window.end - this.#window.start);
  }

  /** Whether the whole event is in the window. */
  get whole(): boolean {
    return this.headSize === this.eventSize;
  }

  /** Whether this is a relay log, whose events do not carry positions of this file. */
  get isRelayLog(): boolean {
    return this.#relay;
  }

  /** Moves to the next event; false at the end of what is there. */
  next(): boolean {
    this.#passOver();
    const window = this.#window;
    if (!this.#magicSeen && !this.#readMagic()) return false;
    if (window.end - window.start < EVENT_HEADER_SIZE && !window.fill(EVENT_HEADER_SIZE)) {
      return this.#atEnd(EVENT_HEADER_SIZE);
    }
    const size = this.#readHeader();
    const large = size >= LARGE_EVENT && this.#fileChecksum > 0;
    this.#taken = large && (this.#elsewhere?.take(this.position, size) ?? false);
    const most = this.#taken ? TAKEN_HEAD : WINDOW_SIZE;
    const inWindow = size < most ? size : most;
    if (window.end - window.start < inWindow && !window.fill(inWindow)) return this.#atEnd(size);
    if (size > WINDOW_SIZE && !this.#taken && !window.reaches(size)) return this.#atEnd(size);
    this.torn = undefined;
    this.#current = size;
    this.#partOffset = size <= most ? size : this.headSize;
    this.endPosition = this.position + size;
    this.#checkEvent();
    return true;
  }

  /**
   * The next part of an event that is not {@link whole}, after {@link head}; undefined when all of
   * it was read. A view that the next call overwrites. With verification on the CRC is checked at
   * the last part.
   */
  nextPart(): Uint8Array | undefined {
    const left = this.eventSize - this.#partOffset;
    if (left <= 0) return undefined;
    const window = this.#window;
    window.empty();
    const want = Math.min(left, WINDOW_SIZE);
    if (!window.fill(want)) {
      const missing = left - window.end;
      const available = this.#partOffset + window.end;
      this.torn = { position: this.position, available, missing };
      throw cutOffError(this, missing);
    }
    const part = window.buffer.subarray(0, want);
    this.#partOffset += want;
    this.#current = want;
    if (this.#checksum && this.checksumSize && !this.#taken) this.#addPart(part, left - want);
    return part;
  }

  /** Leaves the current event behind, reading what is left of it. */
  #passOver(): void {
    if (this.#elsewhere && this.eventSize >= LARGE_EVENT) this.#window.readLess();
    if (this.#taken) {
      this.#window.skipTo(this.endPosition);
      this.#taken = false;
      this.#current = 0;
      this.#partOffset = this.eventSize;
    }
    while (this.#partOffset < this.eventSize && this.#current > 0) {
      if (this.nextPart() === undefined) break;
    }
    this.#window.start += this.#current;
    this.#current = 0;
    this.eventSize = 0;
    this.#partOffset = 0;
  }

  #readMagic(): boolean {
    const window = this.#window;
    if (!window.fill(BINLOG_MAGIC.length)) {
      if (window.end > window.start) this.#atEnd(BINLOG_MAGIC.length);
      return false;
    }
    for (let i = 0; i < BINLOG_MAGIC.length; i++) {
      if (window.buffer[i] !== BINLOG_MAGIC[i]) {
        throw magicError(this.file, window.buffer.subarray(0, BINLOG_MAGIC.length));
      }
    }
    window.start += BINLOG_MAGIC.length;
    this.#magicSeen = true;
    this.endPosition = BINLOG_MAGIC.length;
    return true;
  }

  /** Reads the header of the next event into the fields; returns the event's size. */
  #readHeader(): number {
    const { start: at, view, buffer } = this.#window;
    this.position = this.#window.base + at;
    this.timestamp = view.getUint32(at + HEADER_OFFSET.timestamp, true);
    this.eventType = buffer[at + HEADER_OFFSET.eventType]!;
    this.serverId = view.getUint32(at + HEADER_OFFSET.serverId, true);
    const size = view.getUint32(at + HEADER_OFFSET.eventSize, true);
    this.logPos = view.getUint32(at + HEADER_OFFSET.logPos, true);
    this.flags = view.getUint16(at + HEADER_OFFSET.flags, true);
    const format = this.eventType === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT;
    const smallest = EVENT_HEADER_SIZE + (format ? 0 : this.#fileChecksum);
    if (size < smallest) {
      const what = `event size ${size} in ${eventTypeName(this.eventType)}`;
      throw damagedEventError(this, what, `at least ${smallest}`, String(size));
    }
    if (this.logPos !== 0 && !(this.flags & RELAY) && !this.#relay) this.#checkLogPos(size);
    this.eventSize = size;
    return size;
  }

  #checkLogPos(size: number): void {
    const end = (this.position + size) >>> 0;
    if (this.logPos === end) return;
    if (this.format) {
      const what = `log_pos ${this.logPos} in ${eventTypeName(this.eventType)}`;
      throw damagedEventError(this, what, String(end), String(this.logPos));
    }
    this.#relay = true;
  }

  #atEnd(size: number): false {
    const { base, start, end } = this.#window;
    const available = end - start;
    this.position = base + start;
    this.torn = available > 0
      ? { position: this.position, available, missing: size - available }
      : undefined;
    this.eventSize = 0;
    return false;
  }

  #setFormat(format: FormatDescriptionEvent): void {
    this.format = format;
    this.#fileChecksum = format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32 ? CHECKSUM_SIZE : 0;
  }

  #checkEvent(): void {
    this.checksumSize = this.#fileChecksum;
    if (this.eventType === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) {
      if (!this.whole) {
        throw damagedEventError(this, "format description over 1 MiB", "a small one", "large");
      }
      this.#readFormat();
      return;
    }
    if (!this.format) {
      const name = eventTypeName(this.eventType);
      const what = `${name} before the format description`;
      throw damagedEventError(this, what, "FORMAT_DESCRIPTION_EVENT", name);
    }
    const checksum = this.#checksum;
    if (!checksum || !this.checksumSize || this.#taken) return;
    const { buffer, view, start } = this.#window;
    if (this.eventSize > WINDOW_SIZE) {
      checksum.begin();
      this.#addPart(this.head, this.eventSize - this.headSize);
    } else if (!checksum.matches(buffer, view, start, this.eventSize)) {
      throw this.#checksumError(checksum);
    }
  }

  #readFormat(): void {
    const event = this.head;
    if (this.flags & RELAY) this.#relay = true;
    const format = decodeFormatDescriptionEvent(event.subarray(EVENT_HEADER_SIZE));
    this.checksumSize = format.checksumAlgorithm === undefined ? 0 : CHECKSUM_SIZE;
    if (!this.checksumSize && format.postHeaderLengths.length > TYPES_WITHOUT_CHECKSUM_MAX) {
      const what = `server version ${JSON.stringify(format.serverVersion)}, before checksums, ` +
        "does not go with the size of the format description";
      throw damagedEventError(this, what, "5.6.1 or later", format.serverVersion);
    }
    const checksum = this.#checksum;
    if (checksum && this.checksumSize && !checksum.matchesFormat(event)) {
      throw this.#checksumError(checksum);
    }
    this.#setFormat(format);
  }

  #addPart(part: Uint8Array, after: number): void {
    const checksum = this.#checksum!;
    if (!checksum.addPart(part, after)) throw this.#checksumError(checksum);
  }

  #checksumError({ computed, stored }: EventChecksum): Error {
    const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, "0")}`;
    const what = `bad checksum in ${eventTypeName(this.eventType)}`;
    return damagedEventError(this, what, hex(computed), hex(stored));
  }
}
