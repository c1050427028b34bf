/** A half-open range of transaction numbers. */
export interface Interval {
  start: bigint;
  end: bigint;
}

/** Sorted, disjoint, never touching half-open ranges of transaction numbers. */
export class IntervalSet {
  #ranges: Interval[] = [];

  /** The ranges in order; not to be changed. */
  get ranges(): readonly Interval[] {
    return this.#ranges;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  clone(): IntervalSet {
    const copy = new IntervalSet();
    copy.#ranges = this.#ranges.map((range) => ({ ...range }));
    return copy;
  }

  /** Index of the first range that ends at or after `value`. */
  #find(value: bigint): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.end < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds [start, end), merging what it touches. */
  add(start: bigint, end: bigint): void {
    if (start >= end) return;
    const last = this.#ranges[this.#ranges.length - 1];
    if (last && last.end === start) {
      last.end = end;
      return;
    }
    const first = this.#find(start);
    let stop = first;
    let from = start;
    let to = end;
    for (; stop < this.#ranges.length && this.#ranges[stop]!.start <= end; stop++) {
      const range = this.#ranges[stop]!;
      if (range.start < from) from = range.start;
      if (range.end > to) to = range.end;
    }
    this.#ranges.splice(first, stop - first, { start: from, end: to });
  }

  /** Removes [start, end). */
  remove(start: bigint, end: bigint): void {
    if (start >= end) return;
    const first = this.#find(start + 1n);
    const kept: Interval[] = [];
    let stop = first;
    for (; stop < this.#ranges.length && this.#ranges[stop]!.start < end; stop++) {
      const range = this.#ranges[stop]!;
      if (range.start < start) kept.push({ start: range.start, end: start });
      if (range.end > end) kept.push({ start: end, end: range.end });
    }
    this.#ranges.splice(first, stop - first, ...kept);
  }

  has(value: bigint): boolean {
    const range = this.#ranges[this.#find(value + 1n)];
    return range !== undefined && range.start <= value && value < range.end;
  }

  /** Whether some number of [start, end) is in this set. */
  overlaps(start: bigint, end: bigint): boolean {
    const range = this.#ranges[this.#find(start + 1n)];
    return range !== undefined && range.start < end;
  }

  /** Whether all of `other` is in this set. */
  covers(other: IntervalSet): boolean {
    return other.#ranges.every(({ start, end }) => {
      const range = this.#ranges[this.#find(end)];
      return range !== undefined && range.start <= start && end <= range.end;
    });
  }

  count(): bigint {
    return this.#ranges.reduce((sum, { start, end }) => sum + (end - start), 0n);
  }
}
