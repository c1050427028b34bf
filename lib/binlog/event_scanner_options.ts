import type { FormatDescriptionEvent } from "./format_description_event.ts";

/** Somebody else who checks the CRC of large events, on another thread. */
export interface LargeEventChecks {
  /** Whether they check the event of `size` bytes at `position`: the scanner then does not read it. */
  take(position: number, size: number): boolean;
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
  /** Takes CRCs of large events off the scanner; the reader has to be one that can seek. */
  largeEventChecks?: LargeEventChecks | undefined;
}

/** An event that begins at `position` and is cut off by the end of the file. */
export interface TornEvent {
  position: number;
  /** Bytes that are there. */
  available: number;
  /** Bytes that are missing, or at least so when not even the header is complete. */
  missing: number;
}
