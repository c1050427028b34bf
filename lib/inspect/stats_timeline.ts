/** More buckets than this are put together, two to one. */
const BUCKETS_MAX = 2048;

/** Events and bytes of a stretch of time. */
export interface TimeBucket {
  /** Begin, seconds since 1970. */
  time: number;
  events: number;
  bytes: number;
}

/**
 * Events and bytes over time in a bounded number of buckets: a bucket is a second at first, and twice as
 * long whenever there are too many.
 */
export class StatsTimeline {
  /** Seconds that a bucket is long. */
  width = 1;
  #buckets = new Map<number, { events: number; bytes: number }>();

  add(time: number, bytes: number): void {
    const key = Math.floor(time / this.width);
    const bucket = this.#buckets.get(key);
    if (bucket) {
      bucket.events++;
      bucket.bytes += bytes;
      return;
    }
    this.#buckets.set(key, { events: 1, bytes });
    while (this.#buckets.size > BUCKETS_MAX) this.#widen();
  }

  #widen(): void {
    this.width *= 2;
    const wider = new Map<number, { events: number; bytes: number }>();
    for (const [key, { events, bytes }] of this.#buckets) {
      const into = Math.floor(key / 2);
      const bucket = wider.get(into);
      if (bucket) {
        bucket.events += events;
        bucket.bytes += bytes;
      } else wider.set(into, { events, bytes });
    }
    this.#buckets = wider;
  }

  /** Buckets in order of time; those without events are left out. */
  buckets(): TimeBucket[] {
    return [...this.#buckets].sort(([a], [b]) => a - b)
      .map(([key, bucket]) => ({ time: key * this.width, ...bucket }));
  }
}
