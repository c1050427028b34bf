import type { UnclosedFileError } from "./unclosed_file_error.ts";

/**
 * What the stages of one dump stream know together. Written by one stage each, read by the ones
 * after it.
 */
export class StreamState {
  /** Whether the session asked for semi-sync; only then may packets carry the 0xEF header. */
  readonly semiSyncRequested: boolean;
  /** PacketDeframer, on the first packet: whether each packet carries the 0xEF header. */
  semiSync = false;
  /** EventParser: name in the last rotate event. */
  file = "";
  /** Bytes received from the socket. */
  receivedBytes = 0;
  /** EventParser: events and heartbeats seen. */
  events = 0;
  heartbeats = 0;
  /** EventParser: when the last heartbeat came, Date.now(). */
  heartbeatTime = 0;
  /** Source's clock at the newest event, seconds. */
  timestamp = 0;
  /** EventParser: the source ended the stream with an EOF packet. */
  ended = false;
  /** EventParser: a transaction had begun and not ended when the EOF packet came. */
  endedInside = false;
  /** EventParser: the stop condition was met. */
  stopped = false;
  /** EventParser: the source left a file as it may not; nothing after that was taken. */
  unclosed: UnclosedFileError | undefined;

  constructor(semiSyncRequested: boolean) {
    this.semiSyncRequested = semiSyncRequested;
  }

  /** The EOF packet has come, `inside` a transaction or not. */
  end(inside: boolean): void {
    this.ended = true;
    this.endedInside = inside;
  }
}
