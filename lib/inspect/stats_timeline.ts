/** More buckets than this are put together, two to one. */
const BUCKETS_MAX = 2048;

/** Events and bytes of a stretch of time. */
export interface TimeBucket {
  /** Begin, seconds since 1970. */
  time: number;
  events: number;
  bytes: number;
}

/** A stretch of time with the events in it. */
export interface TimeSpan {
  /** Of the first and the last event, seconds since 1970. */
  first: number;
  last: number;
  events: number;
  bytes: number;
}

/**
 * Events and bytes over time in a bounded number of buckets: a bucket is a second at first, and twice as
 * long whenever there are too many.
 */
export class StatsTimeline {
  /** Times further apart, in seconds, are not of one clock: a session has set its own. */
  static readonly GAP_MAX = 365 * 24 * 3600;
  /** Seconds that a bucket is long. */
  width = 1;
  /** All that were added. */
  events = 0;
  #buckets = new Map<number, TimeSpan>();

  add(time: number, bytes: number): void {
    this.events++;
    const key = Math.floor(time / this.width);
    const bucket = this.#buckets.get(key);
    if (bucket) {
      join(bucket, { first: time, last: time, events: 1, bytes });
      return;
    }
    this.#buckets.set(key, { first: time, last: time, events: 1, bytes });
    while (this.#buckets.size > BUCKETS_MAX) this.#widen();
  }

  #widen(): void {
    this.width *= 2;
    const wider = new Map<number, TimeSpan>();
    for (const [key, part] of this.#buckets) {
      const into = Math.floor(key / 2);
      const bucket = wider.get(into);
      if (bucket) join(bucket, part);
      else wider.set(into, part);
    }
    this.#buckets = wider;
  }

  /** Where most events lie, without those more than {@link GAP_MAX} away; undefined without any. */
  span(): TimeSpan | undefined {
    let best: TimeSpan | undefined;
    let current: TimeSpan | undefined;
    const parts = [...this.#buckets.values()].sort((a, b) => a.first - b.first);
    for (const part of parts) {
      if (current && part.first - current.last <= StatsTimeline.GAP_MAX) join(current, part);
      else current = { ...part };
      if (!best || current.events >= best.events) best = current;
    }
    return best;
  }

  /** Buckets in order of time; those without events are left out. */
  buckets(): TimeBucket[] {
    return [...this.#buckets].sort(([a], [b]) => a - b)
      .map(([key, { events, bytes }]) => ({ time: key * this.width, events, bytes }));
  }
}

function join(into: TimeSpan, other: TimeSpan): void {
  into.first = Math.min(into.first, other.first);
  into.last = Math.max(into.last, other.last);
  into.events += other.events;
  into.bytes += other.bytes;
}
