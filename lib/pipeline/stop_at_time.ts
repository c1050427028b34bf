import type { StopCondition, StopPoint } from "./stop_condition.ts";

/** Ends before the first transaction whose first event is of `seconds` (since 1970) or later. */
export class StopAtTime implements StopCondition {
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  watches(): boolean {
    return true;
  }

  before(point: StopPoint): boolean {
    return point.startsTransaction && point.timestamp >= this.#seconds;
  }

  after(): boolean {
    return false;
  }

  beyond(): boolean {
    return false;
  }
}
