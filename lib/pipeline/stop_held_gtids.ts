import { HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import { GtidTracker } from "../binlog/gtid_event.ts";

/** GTIDs of whole transactions: one counts when its transaction has ended, not when it begins. */
export class HeldGtids extends GtidTracker {
  /** GTID event of the transaction under way. */
  #open: Uint8Array | undefined;

  /** Takes an event as GtidTracker does; it is copied where it is needed later. */
  override take(event: Uint8Array): void {
    switch (event[HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.GTID_LOG_EVENT:
      case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
      case EVENT_TYPE.GTID_EVENT:
        this.#open = event.slice();
        return;
      case EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT:
      case EVENT_TYPE.GTID_LIST_EVENT:
        // A file begins; what a crash left unfinished in the one before never ends.
        this.#open = undefined;
        super.take(event);
    }
  }

  /** The transaction whose GTID came last is whole. Returns its event, where there is one. */
  transactionEnded(): Uint8Array | undefined {
    const gtid = this.#open;
    this.#open = undefined;
    if (gtid) super.take(gtid);
    return gtid;
  }
}
