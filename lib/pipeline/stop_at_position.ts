import { isBeyondFile } from "../store/is_beyond_file.ts";
import type { StopCondition, StopPoint } from "./stop_condition.ts";

/** Ends with the last transaction that ends at or before `position` in `file`. */
export class StopAtPosition implements StopCondition {
  readonly #file: string;
  readonly #position: number;
  /** The source has come to the file. */
  #came: boolean;

  /** `came`: whether the store holds the file, or a part of it, from before. */
  constructor(file: string, position: number, came = false) {
    this.#file = file;
    this.#position = position;
    this.#came = came;
  }

  watches(file: string): boolean {
    return file === this.#file;
  }

  before(point: StopPoint): boolean {
    return point.endPosition > this.#position;
  }

  after(file: string, position: number): boolean {
    return file === this.#file && position >= this.#position;
  }

  beyond(file: string): boolean {
    if (file === this.#file) this.#came = true;
    // Behind it a file may have any name: the source's log_bin can change.
    else if (this.#came) return true;
    return isBeyondFile(file, this.#file);
  }
}
