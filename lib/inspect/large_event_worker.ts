import { EventChecksum } from "../binlog/event_checksum.ts";
import { awayFromPageStart } from "../bytes/away_from_page_start.ts";
import { LARGE_EVENT_QUEUE as Q, type LargeEventTask } from "./large_event_queue.ts";

const READ_SIZE = 1024 * 1024;

/** Whether the event of `size` bytes at `position` has the CRC that it says. */
function isGood(file: Deno.FsFile, buffer: Uint8Array, position: number, size: number): boolean {
  const checksum = new EventChecksum();
  checksum.begin();
  file.seekSync(position, Deno.SeekMode.Start);
  for (let left = size; left > 0;) {
    const read = file.readSync(buffer.subarray(0, Math.min(left, READ_SIZE)));
    if (!read) return false;
    left -= read;
    if (!checksum.addPart(buffer.subarray(0, read), left)) return false;
  }
  return true;
}

/** Checks what stands in the queue until it is told to end. */
function work({ path, shared }: LargeEventTask): void {
  using file = Deno.openSync(path, { read: true });
  const control = new Int32Array(shared, 0, Q.CONTROLS);
  const entries = new Float64Array(shared, Q.ENTRIES_OFFSET);
  const buffer = awayFromPageStart(READ_SIZE);
  for (let done = 0;; done++) {
    while (Atomics.load(control, Q.PRODUCED) === done) {
      if (Atomics.load(control, Q.STOP)) return;
      Atomics.wait(control, Q.PRODUCED, done);
    }
    const at = (done % Q.LENGTH) * 2;
    if (!isGood(file, buffer, entries[at]!, entries[at + 1]!)) Atomics.store(control, Q.FAILED, 1);
    Atomics.store(control, Q.CONSUMED, done + 1);
    Atomics.notify(control, Q.CONSUMED);
  }
}

// deno-lint-ignore no-explicit-any -- the type of a worker's global scope is not among the types
(self as any).onmessage = ({ data }: MessageEvent<LargeEventTask>): void => work(data);
