import type { EventKernel } from "./event_kernel.ts";
import type { StopCondition } from "./stop_condition.ts";

/** Settings of the EventParser. */
export interface EventParserOptions {
  /** File and position of the dump request; file is empty for "the oldest there is". */
  file: string;
  position: number;
  /** Whether artificial events before the first format description carry a CRC. */
  checksum: boolean;
  /** File that may end without an event that closes it, as the source was asked for its end just now. */
  mayLeave?: string;
  kernel?: EventKernel;
  stop?: StopCondition;
}
