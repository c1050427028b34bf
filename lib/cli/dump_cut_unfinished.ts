import { EventScanner } from "../binlog/event_scanner.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";
import type { RecoveredFile } from "../store/recovery.ts";
import type { Store } from "../store/store.ts";
import { storeIoError } from "../store/store_io_error.ts";
import { readState } from "../store/store_state.ts";

/** Where the transaction begins that a file ends inside of; undefined where it ends with a whole one. */
function unfinishedFrom(path: string, last: RecoveredFile): number | undefined {
  const { file, format, transactionEnd } = last;
  if (!format) return undefined;
  using handle = Deno.openSync(path, { read: true });
  handle.seekSync(transactionEnd, Deno.SeekMode.Start);
  const scanner = new EventScanner(handle, { file, format, startPosition: transactionEnd });
  const tracker = new TransactionTracker();
  let start = transactionEnd;
  while (scanner.next()) {
    const wasInside = tracker.inTransaction;
    tracker.next(scanner.buffer, scanner.offset, scanner.eventSize - scanner.checksumSize);
    if (!wasInside) start = scanner.position;
  }
  return tracker.inTransaction ? start : undefined;
}

/**
 * Ends a store with a whole transaction again, where a dump has stopped inside one of which it had
 * stored a part over an earlier connection: that part is on disk, and recorded as durable. What the
 * store held when the dump began, `before`, stays.
 * @throws {StoreIoError}
 */
export async function cutUnfinished(
  store: Store,
  before: Pick<RecoveredFile, "file" | "eventEnd"> | undefined,
): Promise<void> {
  await store.recover();
  const { last } = store;
  // A file that the source has closed is whole, although a crash there may have ended a transaction.
  if (!last || last.nextFile !== undefined || last.stopped) return;
  const { file } = last;
  const path = `${store.dir}/${file}`;
  const start = unfinishedFrom(path, last);
  if (start === undefined) return;
  const acked = (await readState(store.dir))?.acked;
  const end = Math.max(
    start,
    before?.file === file ? before.eventEnd : 0,
    acked?.file === file ? acked.position : 0,
  );
  if (end >= last.eventEnd) return;
  // First the state: what is recorded as durable must be there, whenever the machine fails.
  store.end.update({ file, written: end, durable: end });
  await store.recordState(acked);
  try {
    await Deno.truncate(path, end);
  } catch (cause) {
    throw storeIoError("cut", path, cause);
  }
  await store.recover();
}
