import { EVENT_FLAG, EVENT_HEADER_SIZE } from "../binlog/event_header.ts";
import { advanceTransaction, TRANSACTION_ENDED } from "../binlog/transaction_tracker.ts";
import { crc32 } from "../bytes/crc32.ts";
import { type Batch, MOVED_MAX, SPAN_FIRST, SPAN_LAST, SPAN_WORDS } from "./batch.ts";
import { EVENT_CLASS, EVENT_CLASSES, type EventKernel, REGISTER } from "./event_kernel.ts";

const WHOLE = SPAN_FIRST | SPAN_LAST;
const ARTIFICIAL = EVENT_FLAG.LOG_EVENT_ARTIFICIAL_F;
/** Below this a loop over bytes is cheaper than copyWithin. */
const COPY_LOOP_MAX = 192;

/** Whether the event at `event` of `size` bytes is one the kernel may take. */
function isPlain(batch: Batch, event: number, size: number, position: number): boolean {
  const { bytes, view } = batch;
  if (EVENT_CLASSES[bytes[event + 4]!] === EVENT_CLASS.SPECIAL) return false;
  if (bytes[event + 17]! & ARTIFICIAL) return false;
  if (view.getInt32(event + 9, true) !== size) return false;
  const logPos = view.getInt32(event + 13, true);
  return logPos === 0 || logPos === ((position + size) | 0);
}

/** The kernel in plain TypeScript. */
export const jsEventKernel: EventKernel = {
  walk(batch: Batch, registers: Int32Array): void {
    const { bytes, view, spans } = batch;
    const spanCount = registers[REGISTER.SPAN_COUNT]!;
    const skip = registers[REGISTER.SKIP]!;
    const checksum = registers[REGISTER.CHECKSUM]!;
    let span = registers[REGISTER.SPAN]!;
    let out = registers[REGISTER.OUT]!;
    let position = registers[REGISTER.POSITION]!;
    for (; span < spanCount; span++) {
      const word = span * SPAN_WORDS;
      const payload = spans[word]!;
      const event = payload + skip;
      const size = spans[word + 1]! - skip;
      if (spans[word + 2] !== WHOLE || size < EVENT_HEADER_SIZE + checksum) break;
      if (size > MOVED_MAX) break;
      if (bytes[payload] !== 0 || (skip > 1 && bytes[payload + 1] !== 0xef)) break;
      if (!isPlain(batch, event, size, position)) break;
      if (checksum) {
        const end = event + size - checksum;
        if (crc32(bytes.subarray(event, end)) !== view.getUint32(end, true)) break;
      }
      if (skip > 1 && bytes[payload + 2]! & 1) registers[REGISTER.ACK] = out + size;
      registers[REGISTER.TIMESTAMP] = view.getInt32(event, true);
      if (EVENT_CLASSES[bytes[event + 4]!] === EVENT_CLASS.TRANSACTION) {
        const state = advanceTransaction(registers[REGISTER.STATE]!, bytes, event, size - checksum);
        registers[REGISTER.STATE] = state & ~TRANSACTION_ENDED;
        if (state & TRANSACTION_ENDED) {
          registers[REGISTER.PREVIOUS_BOUNDARY] = registers[REGISTER.BOUNDARY]!;
          registers[REGISTER.BOUNDARY] = out + size;
          registers[REGISTER.TRANSACTIONS]!++;
        }
      }
      if (size < COPY_LOOP_MAX) {
        for (let i = 0; i < size; i++) bytes[out + i] = bytes[event + i]!;
      } else bytes.copyWithin(out, event, event + size);
      out += size;
      position = (position + size) | 0;
      registers[REGISTER.EVENTS]!++;
    }
    registers[REGISTER.SPAN] = span;
    registers[REGISTER.OUT] = out;
    registers[REGISTER.POSITION] = position;
  },
};
