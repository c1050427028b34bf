import type { FormatDescriptionEvent } from "../binlog/format_description_event.ts";

/**
 * An event as the printers see it: of a file, of a live source, or nested in a compressed transaction.
 * EventScanner is one. Everything describes the current event and changes with the next.
 */
export interface EventView {
  readonly file: string;
  /** Where the event begins and ends in its file; nested ones have those of the event around them. */
  readonly position: number;
  readonly endPosition: number;
  readonly timestamp: number;
  readonly eventType: number;
  readonly serverId: number;
  readonly eventSize: number;
  readonly logPos: number;
  readonly flags: number;
  /** Bytes of checksum at the end: 0 or 4. */
  readonly checksumSize: number;
  readonly format: FormatDescriptionEvent | undefined;
  /** Header, body and checksum: the first `headSize` bytes of the event, at `offset` of `buffer`. */
  readonly buffer: Uint8Array;
  readonly offset: number;
  readonly headSize: number;
  readonly head: Uint8Array;
  /** Whether `head` is all of it. */
  readonly whole: boolean;
  /** Packet header and status byte, of an event that comes from a source. */
  readonly packetHead?: Uint8Array;
  /** The next piece behind `head`; undefined at the end. Overwritten by the next call. */
  nextPart(): Uint8Array | undefined;
}
