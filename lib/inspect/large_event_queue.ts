/**
 * Layout of the shared memory between {@link LargeEventChecker} and its worker: four i32 (events asked
 * for, events checked, whether one is bad, whether to end), then a ring of pairs of f64, position and
 * size.
 */
export const LARGE_EVENT_QUEUE = {
  PRODUCED: 0,
  CONSUMED: 1,
  FAILED: 2,
  STOP: 3,
  CONTROLS: 4,
  ENTRIES_OFFSET: 16,
  /** Events that may wait; who finds it full checks the event himself. */
  LENGTH: 2,
  BYTES: 16 + 2 * 16,
} as const;

/** What the worker is told. */
export interface LargeEventTask {
  path: string;
  shared: SharedArrayBuffer;
}
