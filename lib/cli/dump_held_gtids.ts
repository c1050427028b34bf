import { EventScanner } from "../binlog/event_scanner.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";
import { HeldGtids } from "../pipeline/stop_held_gtids.ts";
import type { DumpRequest } from "../source/dump_request.ts";
import type { Store } from "../store/store.ts";

/**
 * What a file of the store holds of GTIDs: what it says came before it, and its own whole
 * transactions. `end`: where to stop in it.
 */
export function readHeldGtids(dir: string, file: string, end = Infinity): HeldGtids {
  const held = new HeldGtids();
  const tracker = new TransactionTracker();
  using handle = Deno.openSync(`${dir}/${file}`, { read: true });
  const scanner = new EventScanner(handle, { file });
  while (scanner.endPosition < end && scanner.next()) {
    const { buffer, offset, eventSize, headSize, checksumSize } = scanner;
    tracker.next(buffer, offset, eventSize - checksumSize);
    held.take(scanner.head.subarray(0, headSize - checksumSize));
    if (tracker.ended) held.transactionEnded();
  }
  return held;
}

/**
 * What the store holds of before the stream that answers a request: up to its position in the
 * newest file, or that file as a whole where the stream goes on behind it.
 */
export function heldBefore(
  store: Pick<Store, "dir" | "last">,
  request: Pick<DumpRequest, "file" | "position">,
): HeldGtids {
  const file = store.last?.file;
  if (file === undefined) return new HeldGtids();
  const end = request.file === file ? request.position : Infinity;
  return readHeldGtids(store.dir, file, end);
}
