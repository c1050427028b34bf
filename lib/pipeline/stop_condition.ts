/** Where a stream stands when a stop condition is asked. Positions are in `file`. */
export interface StopPoint {
  file: string;
  /** Where the event begins, and ends. */
  position: number;
  endPosition: number;
  /** Seconds since 1970. */
  timestamp: number;
  /** Whether the event is the first of a transaction. */
  startsTransaction: boolean;
}

/**
 * Decides where a dump ends. Lives as long as one connection: what it was shown may be lost with
 * that before it is stored, and is shown again on the next one. Asked for each event, so a pipeline
 * that has one does without the fast kernel while {@link watches} says so.
 */
export interface StopCondition {
  /** Whether events of `file` have to be looked at one by one. */
  watches(file: string): boolean;
  /**
   * Asked before an event is stored: true ends the dump before the transaction that the event is
   * in, or before the event when it is in none.
   */
  before(point: StopPoint): boolean;
  /** Told of each event that names GTIDs: its bytes with header, without checksum. */
  gtid?(event: Uint8Array): void;
  /** Asked after a transaction ended: true ends the dump right there. */
  after(file: string, position: number): boolean;
  /** Whether `file` comes after everything that was asked for. */
  beyond(file: string): boolean;
}
