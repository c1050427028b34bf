import { EVENT_FLAG, EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  CHECKSUM_ALGORITHM,
  decodeFormatDescriptionEvent,
  type FormatDescriptionEvent,
} from "../binlog/format_description_event.ts";
import { decodeRotateEvent } from "../binlog/rotate_event.ts";
import { WINDOW_SIZE } from "../binlog/scan_window.ts";
import { ProtocolError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { decodeErr, RESPONSE } from "../protocol/response.ts";
import { PayloadInput } from "./event_stream_input.ts";
import type { EventView } from "./event_view.ts";

const CHECKSUM_SIZE = 4;
const STATUS_SIZE = 1;
const EOF_SIZE_MAX = 8;
const ERR_SIZE_MAX = 64 * 1024;

/** Settings of {@link EventStream}. */
export interface EventStreamOptions {
  stream: ByteStream;
  /** Bytes that were read from the stream already. */
  buffered: Uint8Array;
  /** Whether artificial events before the first format description have a CRC. */
  checksum: boolean;
  /** Called before the stream is waited for. */
  onWait: () => void;
}

/**
 * The events of a dump as they come from a source, one packet after another, without semi-sync. Events
 * of up to 1 MiB are in memory; the rest of a larger one is kept in a temporary file until the next.
 *
 * @throws {ServerError} for an ERR packet, {ProtocolError} for packets that hold no event.
 */
export class EventStream implements EventView {
  file = "";
  position = 0;
  endPosition = 0;
  timestamp = 0;
  eventType = 0;
  serverId = 0;
  eventSize = 0;
  logPos = 0;
  flags = 0;
  checksumSize: number;
  format: FormatDescriptionEvent | undefined;
  readonly buffer: Uint8Array = new Uint8Array(WINDOW_SIZE);
  readonly offset = 0;
  /** Packet header and status byte of the packet that brought the event. */
  packetHead: Uint8Array = new Uint8Array(0);
  /** Whether the event begins another file. */
  newFile = false;
  readonly #view = new DataView(this.buffer.buffer);
  readonly #input: PayloadInput;
  #spill: Deno.FsFile | undefined;
  #spillPath = "";
  #spillLeft = 0;
  /** For pieces of large events, made with the first of them. */
  #partBuffer: Uint8Array | undefined;
  /** End of what came of the current file. */
  #at = 0;
  #fileChecksum: number;

  constructor(options: EventStreamOptions) {
    this.#input = new PayloadInput(options.stream, options.buffered, options.onWait);
    this.#fileChecksum = this.checksumSize = options.checksum ? CHECKSUM_SIZE : 0;
  }

  get headSize(): number {
    return Math.min(this.eventSize, WINDOW_SIZE);
  }

  get head(): Uint8Array {
    return this.buffer.subarray(0, this.headSize);
  }

  get whole(): boolean {
    return this.eventSize <= WINDOW_SIZE;
  }

  /** Waits for the next event; false where the source ended the stream with an EOF packet. */
  async next(): Promise<boolean> {
    this.close();
    const input = this.#input;
    this.packetHead = await input.begin();
    const status = this.packetHead[this.packetHead.length - 1];
    if (status === RESPONSE.ERR) await this.#refused();
    if (status === RESPONSE.EOF && input.first <= EOF_SIZE_MAX) {
      await input.rest(this.buffer.subarray(0, input.first - STATUS_SIZE));
      return false;
    }
    if (status !== RESPONSE.OK || input.first < STATUS_SIZE + EVENT_HEADER_SIZE) {
      throw new ProtocolError(`Cannot read packet: status ${status}, ${input.first} bytes`, {
        expected: "an event",
        found: `status ${status}`,
      });
    }
    await input.rest(this.buffer.subarray(0, EVENT_HEADER_SIZE));
    this.#readHeader();
    const head = this.headSize;
    await input.rest(this.buffer.subarray(EVENT_HEADER_SIZE, head));
    if (this.eventSize > head) await this.#spillRest(this.eventSize - head);
    input.end();
    this.#place();
    return true;
  }

  /** The next piece of a large event, from its temporary file. */
  nextPart(): Uint8Array | undefined {
    if (!this.#spill || this.#spillLeft === 0) return undefined;
    const part = this.#part(this.#spillLeft);
    let have = 0;
    while (have < part.length) {
      const size = this.#spill.readSync(part.subarray(have));
      if (!size) throw new ProtocolError("The temporary file of an event is cut off");
      have += size;
    }
    this.#spillLeft -= part.length;
    return part;
  }

  #part(size: number): Uint8Array {
    this.#partBuffer ??= new Uint8Array(WINDOW_SIZE);
    return this.#partBuffer.subarray(0, Math.min(size, WINDOW_SIZE));
  }

  /** Removes the temporary file, where there is one. */
  close(): void {
    this.#spill?.close();
    this.#spill = undefined;
    if (this.#spillPath !== "") Deno.removeSync(this.#spillPath);
    this.#spillPath = "";
  }

  async #refused(): Promise<never> {
    const size = Math.min(this.#input.first - STATUS_SIZE, ERR_SIZE_MAX);
    const payload = new Uint8Array(STATUS_SIZE + size);
    payload[0] = RESPONSE.ERR;
    await this.#input.rest(payload.subarray(STATUS_SIZE));
    throw decodeErr(payload);
  }

  #readHeader(): void {
    const view = this.#view;
    this.timestamp = view.getUint32(HEADER_OFFSET.timestamp, true);
    this.eventType = this.buffer[HEADER_OFFSET.eventType]!;
    this.serverId = view.getUint32(HEADER_OFFSET.serverId, true);
    this.eventSize = view.getUint32(HEADER_OFFSET.eventSize, true);
    this.logPos = view.getUint32(HEADER_OFFSET.logPos, true);
    this.flags = view.getUint16(HEADER_OFFSET.flags, true);
    if (this.eventSize < EVENT_HEADER_SIZE || !this.#input.fits(this.eventSize + STATUS_SIZE)) {
      throw new ProtocolError(`Cannot read event: its size is ${this.eventSize}`, {
        expected: `as its packet has, ${this.#input.first - STATUS_SIZE} or more`,
        found: String(this.eventSize),
      });
    }
  }

  async #spillRest(size: number): Promise<void> {
    this.#spillPath = await Deno.makeTempFile({ prefix: "binlogd-event-" });
    const file = await Deno.open(this.#spillPath, { read: true, write: true });
    this.#spill = file;
    this.#spillLeft = size;
    for (let left = size; left > 0;) {
      const part = this.#part(left);
      await this.#input.rest(part);
      for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
      left -= part.length;
    }
    file.seekSync(0, Deno.SeekMode.Start);
  }

  /** Knows where the event lies: artificial ones and heartbeats lie in no file. */
  #place(): void {
    const type = this.eventType;
    const artificial = (this.flags & EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F) !== 0;
    this.newFile = false;
    this.checksumSize = this.#fileChecksum;
    if (type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT) this.#readFormat();
    const body = this.buffer.subarray(EVENT_HEADER_SIZE, this.headSize - this.checksumSize);
    if (type === EVENT_TYPE.ROTATE_EVENT && artificial) {
      const { file, position } = decodeRotateEvent(body);
      this.file = file;
      this.#at = position;
      this.newFile = true;
    }
    this.position = this.endPosition = this.#at;
    const sentAgain = type === EVENT_TYPE.FORMAT_DESCRIPTION_EVENT && this.#at > 4;
    const heartbeat = type === EVENT_TYPE.HEARTBEAT_LOG_EVENT ||
      type === EVENT_TYPE.HEARTBEAT_LOG_EVENT_V2;
    if (artificial || sentAgain || heartbeat) return;
    this.endPosition = this.#at += this.eventSize;
  }

  #readFormat(): void {
    const format = decodeFormatDescriptionEvent(this.head.subarray(EVENT_HEADER_SIZE));
    this.format = format;
    this.checksumSize = format.checksumAlgorithm === undefined ? 0 : CHECKSUM_SIZE;
    const checked = format.checksumAlgorithm === CHECKSUM_ALGORITHM.CRC32;
    this.#fileChecksum = checked ? CHECKSUM_SIZE : 0;
  }
}
