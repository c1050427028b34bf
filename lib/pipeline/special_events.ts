import { CHECKSUM_SIZE, EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { EVENT_TYPE, eventTypeName } from "../binlog/event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
  type FormatDescriptionEvent,
} from "../binlog/format_description_event.ts";
import { decodeRotateEvent, type RotateEvent } from "../binlog/rotate_event.ts";
import { crc32 } from "../bytes/crc32.ts";
import { DivergenceError, FormatError } from "../errors.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import type { EventParserOptions } from "./event_parser_options.ts";
import { checksumError } from "./stream_errors.ts";
import type { StreamState } from "./stream_state.ts";
import { UnclosedFileError } from "./unclosed_file_error.ts";

/** Position of the first event of a file, after the magic. */
const FIRST_POSITION = 4;
/** Offset of the log_pos field, and of body text in a version 1 heartbeat. */
const LOG_POS_OFFSET = 13;
const FLAGS_OFFSET = 17;
/** A stream that is younger has asked for its first file just now. */
const JUST_ASKED_MS = 1000;

/**
 * The events of a stream that are not simply stored: rotates, format descriptions, heartbeats,
 * artificial events. Knows which file the stream is in, whether its format description has come,
 * and whether events carry a CRC.
 */
export class SpecialEvents {
  readonly #state: StreamState;
  readonly #options: EventParserOptions;
  #checksum: boolean;
  readonly #began = performance.now();
  #first = true;
  /** Name in the real rotate event that closed the last file. */
  #announced: string | undefined;
  /** The current file has ended with a rotate or stop event. */
  #closed = false;
  #formatIsResent = false;
  awaitsFormat = true;
  /** Format description of the current file, once it came. */
  format: FormatDescriptionEvent | undefined;

  constructor(state: StreamState, options: EventParserOptions) {
    this.#state = state;
    this.#options = options;
    this.#checksum = options.checksum;
  }

  /** Bytes of checksum at the end of each event of the current file. */
  get checksumSize(): number {
    return this.#checksum ? CHECKSUM_SIZE : 0;
  }

  #body(event: Uint8Array): Uint8Array {
    return event.subarray(EVENT_HEADER_SIZE, event.length - this.checksumSize);
  }

  #checkCrc(event: Uint8Array, position: number): void {
    if (!this.#checksum) return;
    const end = event.length - CHECKSUM_SIZE;
    const stored = new DataView(event.buffer, event.byteOffset + end, CHECKSUM_SIZE)
      .getUint32(0, true);
    const computed = crc32(event.subarray(0, end));
    if (computed !== stored) {
      throw checksumError(this.#state.file, position, event[4]!, computed, stored);
    }
  }

  /** Checks an artificial event that has nothing for us (MariaDB's GTID_LIST after a skip). */
  checkArtificial(event: Uint8Array, position: number): void {
    this.#checkCrc(event, position);
  }

  /**
   * The rotate event that begins each file of the stream. Returns file and position of what comes
   * next, or undefined when it only says again where we are, and when the file was not closed.
   */
  artificialRotate(event: Uint8Array, position: number): RotateEvent | undefined {
    this.#checkCrc(event, position);
    const rotate = decodeRotateEvent(this.#body(event));
    if (!parseBinlogFileName(rotate.file)) {
      throw new FormatError(`Cannot use file name ${JSON.stringify(rotate.file)} of the source`, {
        expected: "a plain name ending in a dot and six or more digits, not beginning with binlogd",
        found: rotate.file,
      });
    }
    const first = this.#first;
    this.#first = false;
    if (first) this.#checkAsked(rotate);
    else if (rotate.file === this.#state.file) {
      if (rotate.position === position) return undefined;
      throw this.#rotateError(rotate, `${rotate.file}:${position}`);
    } else if (rotate.position !== FIRST_POSITION) {
      throw this.#rotateError(rotate, `a new file at ${FIRST_POSITION}`);
    } else if (this.#announced !== undefined && this.#announced !== rotate.file) {
      throw this.#rotateError(rotate, this.#announced);
    } else if (!this.#closed && !this.#mayLeave) {
      this.#state.unclosed = new UnclosedFileError(this.#state.file, rotate.file);
      return undefined;
    }
    this.#announced = undefined;
    this.#closed = false;
    this.#state.file = rotate.file;
    this.#formatIsResent = rotate.position > FIRST_POSITION;
    this.awaitsFormat = true;
    this.format = undefined;
    return rotate;
  }

  /** Whether the source has shown the end of the current file just now, as it was asked to. */
  get #mayLeave(): boolean {
    const { file } = this.#state;
    if (file === this.#options.mayLeave) return true;
    return file === this.#options.file && performance.now() - this.#began < JUST_ASKED_MS;
  }

  #checkAsked(rotate: RotateEvent): void {
    const { file, position } = this.#options;
    if ((file === "" || rotate.file === file) && rotate.position === position) return;
    throw new DivergenceError(
      `The source answers with ${rotate.file}:${rotate.position} to a request for ` +
        `${file || "its first file"}:${position}`,
      { file: rotate.file, position: rotate.position, expected: `${file}:${position}` },
    );
  }

  #rotateError(rotate: RotateEvent, expected: string): FormatError {
    const found = `${rotate.file}:${rotate.position}`;
    return new FormatError(
      `Unexpected rotate event in ${this.#state.file}: it goes to ${found}, expected ${expected}`,
      { file: this.#state.file, expected, found },
    );
  }

  /**
   * Reads a format description. Returns its body when it was sent again for a start in the middle
   * of a file, and undefined when it is the file's own and has to be stored.
   */
  formatDescription(event: Uint8Array, position: number): Uint8Array | undefined {
    if (!this.awaitsFormat) throw this.unexpected(event[4]!, position);
    if (event[FLAGS_OFFSET]! & EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F) {
      throw new FormatError(
        `Format description at ${this.#state.file}:${position} still has the in-use flag`,
        { file: this.#state.file, position },
      );
    }
    const body = event.subarray(EVENT_HEADER_SIZE);
    const format = decodeFormatDescriptionEvent(body);
    if (format.checksumAlgorithm === undefined && this.#options.checksum) {
      throw new FormatError(
        `Format description at ${this.#state.file}:${position} is of server ` +
          `${JSON.stringify(format.serverVersion)}, which has no checksums, but the source has`,
        { file: this.#state.file, position, field: "server_version", found: format.serverVersion },
      );
    }
    // Its own CRC is there even when the other events of the file have none.
    this.#checksum = format.checksumAlgorithm !== undefined;
    this.#checkCrc(event, position);
    this.#checksum = format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32;
    this.format = format;
    this.awaitsFormat = false;
    return this.#formatIsResent ? body.slice() : undefined;
  }

  /**
   * Checks a heartbeat: the source's position can't be beyond ours, or it left something out.
   * Body of version 1: file name; version 2 (type 41) has its fields as type, length, value.
   */
  heartbeat(event: Uint8Array, position: number): void {
    this.#checkCrc(event, position);
    this.#state.heartbeats++;
    this.#state.heartbeatTime = Date.now();
    if (event[4] !== EVENT_TYPE.HEARTBEAT_LOG_EVENT) return;
    const view = new DataView(event.buffer, event.byteOffset, event.byteLength);
    const logPos = view.getUint32(LOG_POS_OFFSET, true);
    if (logPos === 0 || logPos === position % 2 ** 32) return;
    const at = `${this.#state.file}:${position}`;
    throw new FormatError(`Hole in the stream at ${at}: the source's heartbeat is at ${logPos}`, {
      file: this.#state.file,
      position,
      expected: String(position),
      found: String(logPos),
    });
  }

  /** Notes a real rotate or stop event; returns the file that a rotate event names. */
  closed(event: Uint8Array): string | undefined {
    this.#closed = true;
    if (event[4] !== EVENT_TYPE.ROTATE_EVENT) return undefined;
    this.#announced = decodeRotateEvent(this.#body(event)).file;
    return this.#announced;
  }

  /** The error for an event that can't come here. */
  unexpected(type: number, position: number): FormatError {
    const where = `${this.#state.file || "the stream's start"}:${position}`;
    const expected = this.#first
      ? "an artificial ROTATE_EVENT"
      : this.awaitsFormat
      ? "FORMAT_DESCRIPTION_EVENT"
      : "no second format description";
    return new FormatError(`Unexpected ${eventTypeName(type)} at ${where}`, {
      file: this.#state.file,
      position,
      expected,
      found: eventTypeName(type),
    });
  }
}
