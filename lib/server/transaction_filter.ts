import type { ArtificialContext } from "./artificial_events.ts";

/** Says which transactions a replica has already. */
export interface TransactionFilter {
  /**
   * Whether the transaction that begins with the GTID event of `size` bytes at `offset` is left out.
   * @throws {SqlError} where the replica can't be served.
   */
  skips(buffer: Uint8Array, offset: number, size: number): boolean;
  /**
   * What is left out ends with the transaction (MariaDB); else it goes on up to the next GTID event
   * (MySQL).
   */
  readonly endsWithGroup: boolean;
  /** Something is to be sent before the next event; see {@link takeNotice}. */
  readonly notice: boolean;
  /** Makes the events that are due at this file position, and forgets that they are. */
  takeNotice(
    position: number,
    context: ArtificialContext,
  ): { events: Uint8Array[]; finished: boolean };
}
