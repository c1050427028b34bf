import { EventScanner } from "../binlog/event_scanner.ts";
import { TransactionTracker } from "../binlog/transaction_tracker.ts";

/** What a file holds of a time: its last transaction's, as far as it is whole. */
type Held = "later" | "before" | "none";

function readFile(path: string, file: string, seconds: number): Held {
  using handle = Deno.openSync(path, { read: true });
  const scanner = new EventScanner(handle, { file });
  const tracker = new TransactionTracker();
  let held: Held = "none";
  while (scanner.next()) {
    const wasInside = tracker.inTransaction;
    tracker.next(scanner.buffer, scanner.offset, scanner.eventSize - scanner.checksumSize);
    const begins = !wasInside && tracker.inTransaction;
    if (begins && held !== "later") held = scanner.timestamp >= seconds ? "later" : "before";
  }
  // A transaction that is not whole is for the dump to finish.
  return tracker.inTransaction ? "before" : held;
}

/**
 * Whether the newest file with transactions has one that begins at `seconds` (since 1970) or later,
 * and the store ends with a whole one. `files`: names, oldest first.
 */
export function holdsTime(dir: string, files: readonly string[], seconds: number): boolean {
  for (const file of files.toReversed()) {
    const held = readFile(`${dir}/${file}`, file, seconds);
    if (held !== "none") return held === "later";
  }
  return false;
}
