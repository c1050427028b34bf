import { crc32 } from "../bytes/crc32.ts";
import { FormatError } from "../errors.ts";
import {
  BINLOG_MAGIC,
  CHECKSUM_SIZE,
  EVENT_FLAG,
  EVENT_HEADER_SIZE,
  HEADER_OFFSET,
} from "./event_header.ts";
import { EVENT_TYPE, eventTypeName } from "./event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
  type FormatDescriptionEvent,
} from "./format_description_event.ts";

/** Where the bytes come from; Deno.FsFile and Deno.stdin fit. */
export interface SyncReader {
  readSync(buffer: Uint8Array): number | null;
}

/** Settings of {@link EventScanner}. */
export interface EventScannerOptions {
  /** Name of the file in errors. */
  file: string;
  /** Position of the reader's next byte: 0 (the magic follows), or where an event begins. */
  startPosition?: number;
  /** Format description of the file, for a start in the middle. */
  format?: FormatDescriptionEvent;
  /** Compute the CRC of every event; a mismatch is a FormatError. */
  verifyChecksums?: boolean;
}

/** An event that begins at `position` and is cut off by the end of the file. */
export interface TornEvent {
  position: number;
  /** Bytes that are there. */
  available: number;
  /** Bytes that are missing, or at least so when not even the header is complete. */
  missing: number;
}

/** Size of the window; events up to this size are seen whole. */
const WINDOW_SIZE = 1024 * 1024;
const ENCRYPTED_MAGIC = 0xfd;
/** log_pos is checked only in files where positions are the file's own, which relay logs' are not. */
const RELAY = EVENT_FLAG.LOG_EVENT_RELAY_LOG_F;

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
  readonly #reader: SyncReader;
  readonly #verify: boolean;
  readonly #window = new Uint8Array(WINDOW_SIZE);
  readonly #view = new DataView(this.#window.buffer);
  /** Bytes in the window are [#start, #end); #start is the current or next event. */
  #start = 0;
  #end = 0;
  /** File position of window offset 0. */
  #base: number;
  /** Bytes of the current event, to be passed over by next(). */
  #current = 0;
  #magicSeen: boolean;
  #crc = 0;
  #partOffset = 0;

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
  #fileChecksum = 0;

  constructor(reader: SyncReader, options: EventScannerOptions) {
    this.#reader = reader;
    this.file = options.file;
    this.#verify = options.verifyChecksums ?? false;
    this.#base = options.startPosition ?? 0;
    this.#magicSeen = this.#base > 0;
    this.endPosition = this.#base;
    if (options.format) this.#setFormat(options.format);
  }

  /**
   * The event's bytes with header and checksum: all of it when it is {@link whole}, else as much of
   * its beginning as the window holds. A view that the next call of {@link next} overwrites.
   */
  get head(): Uint8Array {
    return this.#window.subarray(this.#start, this.#start + this.headSize);
  }

  /** The buffer behind {@link head}, and where the event begins in it: no view is made. */
  get buffer(): Uint8Array {
    return this.#window;
  }

  get offset(): number {
    return this.#start;
  }

  /** Bytes of the event in the window. */
  get headSize(): number {
    return Math.min(this.eventSize, this.#end - this.#start);
  }

  /** Whether the whole event is in the window. */
  get whole(): boolean {
    return this.headSize === this.eventSize;
  }

  /** Moves to the next event; false at the end of what is there. */
  next(): boolean {
    this.#passOver();
    if (!this.#magicSeen && !this.#readMagic()) return false;
    if (this.#available < EVENT_HEADER_SIZE && !this.#fill(EVENT_HEADER_SIZE)) {
      return this.#atEnd(EVENT_HEADER_SIZE);
    }
    const size = this.#readHeader();
    if (this.#available < size && size <= WINDOW_SIZE && !this.#fill(size)) {
      return this.#atEnd(size);
    }
    if (size > WINDOW_SIZE && this.#available < WINDOW_SIZE && !this.#fill(WINDOW_SIZE)) {
      return this.#atEnd(size);
    }
    this.torn = undefined;
    this.#current = size;
    this.#partOffset = this.headSize;
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
    this.#base += this.#end;
    this.#start = this.#end = 0;
    const want = Math.min(left, WINDOW_SIZE);
    if (!this.#fill(want)) {
      this.torn = {
        position: this.position,
        available: this.#partOffset + this.#end,
        missing: left - this.#end,
      };
      throw new FormatError(
        `Event at ${this.file}:${this.position} is cut off: ${this.eventSize} bytes, of which ` +
          `${left - this.#end} are missing`,
        { file: this.file, position: this.position },
      );
    }
    const part = this.#window.subarray(0, want);
    this.#partOffset += want;
    this.#current = want;
    if (this.#verify && this.checksumSize) this.#partCrc(part, left - want);
    return part;
  }

  get #available(): number {
    return this.#end - this.#start;
  }

  /** Leaves the current event behind, reading what is left of it. */
  #passOver(): void {
    while (this.#partOffset < this.eventSize && this.#current > 0) {
      if (this.nextPart() === undefined) break;
    }
    this.#start += this.#current;
    this.#current = 0;
    this.eventSize = 0;
    this.#partOffset = 0;
  }

  /** Makes the window hold `size` bytes from #start on; false when there are not so many. */
  #fill(size: number): boolean {
    if (this.#start > 0 && this.#start + size > WINDOW_SIZE) {
      this.#window.copyWithin(0, this.#start, this.#end);
      this.#base += this.#start;
      this.#end -= this.#start;
      this.#start = 0;
    }
    while (this.#end - this.#start < size) {
      const read = this.#reader.readSync(this.#window.subarray(this.#end));
      if (!read) return false;
      this.#end += read;
    }
    return true;
  }

  #readMagic(): boolean {
    if (!this.#fill(BINLOG_MAGIC.length)) {
      if (this.#available > 0) this.#atEnd(BINLOG_MAGIC.length);
      return false;
    }
    for (let i = 0; i < BINLOG_MAGIC.length; i++) {
      if (this.#window[i] !== BINLOG_MAGIC[i]) throw this.#magicError();
    }
    this.#start += BINLOG_MAGIC.length;
    this.#magicSeen = true;
    this.endPosition = BINLOG_MAGIC.length;
    return true;
  }

  #magicError(): FormatError {
    const found = Array.from(
      this.#window.subarray(0, 4),
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join(" ");
    const encrypted = this.#window[0] === ENCRYPTED_MAGIC;
    return new FormatError(
      `Cannot read ${this.file}: it ${
        encrypted ? "is an encrypted binlog" : `is no binlog file, it begins with ${found}`
      }`,
      {
        file: this.file,
        position: 0,
        expected: "fe 62 69 6e",
        found,
        hint: encrypted
          ? "fetch it from the server with binlogd dump, which sends it in plain text"
          : "name a binlog file, such as binlog.000001",
      },
    );
  }

  /** Reads the header at #start into the fields; returns the event's size. */
  #readHeader(): number {
    const at = this.#start;
    const view = this.#view;
    this.position = this.#base + at;
    this.timestamp = view.getUint32(at + HEADER_OFFSET.timestamp, true);
    this.eventType = this.#window[at + HEADER_OFFSET.eventType]!;
    this.serverId = view.getUint32(at + HEADER_OFFSET.serverId, true);
    const size = view.getUint32(at + HEADER_OFFSET.eventSize, true);
    this.logPos = view.getUint32(at + HEADER_OFFSET.logPos, true);
    this.flags = view.getUint16(at + HEADER_OFFSET.flags, true);
    const format = this.eventType === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT;
    const smallest = EVENT_HEADER_SIZE + (format ? 0 : this.#fileChecksum);
    if (size < smallest) {
      throw this.#error(
        `event size ${size} in ${eventTypeName(this.eventType)}`,
        `at least ${smallest}`,
        String(size),
      );
    }
    if (this.logPos !== 0 && !(this.flags & RELAY) && !this.#relay) {
      const end = (this.position + size) % 2 ** 32;
      if (this.logPos !== end) {
        if (this.format) {
          throw this.#error(
            `log_pos ${this.logPos} in ${eventTypeName(this.eventType)}`,
            String(end),
            String(this.logPos),
          );
        }
        this.#relay = true;
      }
    }
    this.eventSize = size;
    return size;
  }

  /** A relay log: events keep the positions they had in the source's files. */
  #relay = false;

  /** Whether this is a relay log, whose events do not carry positions of this file. */
  get isRelayLog(): boolean {
    return this.#relay;
  }

  #error(what: string, expected: string, found: string): FormatError {
    return new FormatError(`Damaged event at ${this.file}:${this.position}: ${what}`, {
      file: this.file,
      position: this.position,
      expected,
      found,
      hint: "binlogd verify shows every damaged file",
    });
  }

  #atEnd(size: number): false {
    const available = this.#available;
    this.position = this.#base + this.#start;
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
      if (!this.whole) throw this.#error("format description over 1 MiB", "a small one", "large");
      this.#readFormat();
      return;
    }
    if (!this.format) {
      throw this.#error(
        `${eventTypeName(this.eventType)} before the format description`,
        "FORMAT_DESCRIPTION_EVENT",
        eventTypeName(this.eventType),
      );
    }
    if (!this.#verify || !this.checksumSize) return;
    if (!this.whole) {
      this.#crc = 0;
      this.#partCrc(this.head, this.eventSize - this.headSize);
      return;
    }
    const end = this.#start + this.eventSize - CHECKSUM_SIZE;
    const computed = crc32(this.#window.subarray(this.#start, end));
    const stored = this.#view.getUint32(end, true);
    if (computed !== stored) throw this.#checksumError(computed, stored);
  }

  #readFormat(): void {
    const event = this.head;
    const relay = (this.flags & RELAY) !== 0;
    if (relay) this.#relay = true;
    const format = decodeFormatDescriptionEvent(event.subarray(EVENT_HEADER_SIZE));
    this.checksumSize = format.checksumAlgorithm === undefined ? 0 : CHECKSUM_SIZE;
    if (this.#verify && this.checksumSize) {
      // The CRC was computed before the in-use flag was set.
      const copy = event.slice(0, event.length - CHECKSUM_SIZE);
      copy[HEADER_OFFSET.flags]! &= ~EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F;
      const computed = crc32(copy);
      const stored = this.#view.getUint32(this.#start + event.length - CHECKSUM_SIZE, true);
      if (computed !== stored) throw this.#checksumError(computed, stored);
    }
    this.#setFormat(format);
  }

  readonly #footer = new Uint8Array(CHECKSUM_SIZE);

  /** Goes on with the CRC of an event in parts; `after` bytes of it are still to come. */
  #partCrc(part: Uint8Array, after: number): void {
    const body = Math.max(0, Math.min(part.length, part.length + after - CHECKSUM_SIZE));
    this.#crc = crc32(part.subarray(0, body), this.#crc);
    for (let i = body; i < part.length; i++) {
      this.#footer[CHECKSUM_SIZE - (part.length - i) - after] = part[i]!;
    }
    if (after > 0) return;
    const stored = new DataView(this.#footer.buffer).getUint32(0, true);
    if (this.#crc !== stored) throw this.#checksumError(this.#crc, stored);
  }

  #checksumError(computed: number, stored: number): FormatError {
    return this.#error(
      `bad checksum in ${eventTypeName(this.eventType)}`,
      `0x${computed.toString(16).padStart(8, "0")}`,
      `0x${stored.toString(16).padStart(8, "0")}`,
    );
  }
}
