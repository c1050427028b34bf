/** A half-open range of transaction numbers. */
export interface Interval {
  start: bigint;
  end: bigint;
}

/** So few ranges are put in or taken out one by one: whoever follows a binlog has one at a time. */
const FEW = 8;

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

  /** Adds many ranges, in any order. One by one, each of them could move all that come after it. */
  addAll(ranges: readonly Interval[]): void {
    if (ranges.length <= FEW) {
      for (const { start, end } of ranges) this.add(start, end);
      return;
    }
    // Takes time in proportion where what comes is sorted already.
    const all = [...this.#ranges, ...ranges]
      .sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
    const merged: Interval[] = [];
    let last: Interval | undefined;
    for (const { start, end } of all) {
      if (start >= end) continue;
      if (!last || start > last.end) merged.push(last = { start, end });
      else if (end > last.end) last.end = end;
    }
    this.#ranges = merged;
  }

  /** Removes all of `other`, which may be this very set. */
  removeAll(other: IntervalSet): void {
    const away = other.#ranges;
    if (away.length <= FEW && other !== this) {
      for (const { start, end } of away) this.remove(start, end);
      return;
    }
    const kept: Interval[] = [];
    let at = 0;
    for (const { start, end } of this.#ranges) {
      let from = start;
      while (at < away.length && away[at]!.end <= from) at++;
      for (; at < away.length && away[at]!.start < end; at++) {
        const cut = away[at]!;
        if (cut.start > from) kept.push({ start: from, end: cut.start });
        from = cut.end;
        // The next range may begin in it too.
        if (cut.end > end) break;
      }
      if (from < end) kept.push({ start: from, end });
    }
    this.#ranges = kept;
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
