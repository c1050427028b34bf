import { FormatError } from "../errors.ts";
import { IntervalSet } from "./interval_set.ts";
import { formatMariadbGtid, type MariadbGtid, SEQUENCE_MAX } from "./mariadb_position.ts";

const ENTRY = /^(\d{1,10})-(\d{1,10})-(\d{1,20})(?:\.\.(\d{1,20}))?$/;

/**
 * Single transactions of MariaDB, as those of one file: `0-1-5..100,0-2-101`. Two dots stand
 * between the first and the last sequence number of a run; MariaDB itself has no notation for it.
 * Unlike a position it does not stand for everything before.
 */
export class MariadbGtidSet {
  readonly #sets = new Map<string, { domain: number; serverId: number; ranges: IntervalSet }>();

  /** Reads the text form. Throws FormatError. */
  static parse(text: string): MariadbGtidSet {
    const set = new MariadbGtidSet();
    for (const entry of text.split(",")) {
      if (entry.trim() === "") continue;
      const match = ENTRY.exec(entry.trim());
      const [domain, serverId] = [Number(match?.[1]), Number(match?.[2])];
      const first = BigInt(match?.[3] ?? 0);
      const last = BigInt(match?.[4] ?? match?.[3] ?? 0);
      const fits = domain <= 0xffff_ffff && serverId <= 0xffff_ffff && last <= SEQUENCE_MAX;
      if (!match || !fits || last < first) {
        throw new FormatError(`Cannot read GTIDs ${JSON.stringify(entry.trim())}`, {
          expected: "domain-server-sequence[..last][, …]",
          found: text.length > 200 ? `${text.slice(0, 200)}…` : text,
        });
      }
      set.addInterval(domain, serverId, first, last + 1n);
    }
    return set;
  }

  /** Adds the transactions [start, end) of a domain and server. */
  addInterval(domain: number, serverId: number, start: bigint, end: bigint): void {
    if (start < end) this.#ranges(domain, serverId).add(start, end);
  }

  #ranges(domain: number, serverId: number): IntervalSet {
    const key = `${domain}-${serverId}`;
    let entry = this.#sets.get(key);
    if (!entry) this.#sets.set(key, entry = { domain, serverId, ranges: new IntervalSet() });
    return entry.ranges;
  }

  /** Whether some transaction of [start, end) of a domain and server is in this set. */
  overlaps(domain: number, serverId: number, start: bigint, end: bigint): boolean {
    return this.#sets.get(`${domain}-${serverId}`)?.ranges.overlaps(start, end) ?? false;
  }

  has({ domain, serverId, sequence }: MariadbGtid): boolean {
    return this.overlaps(domain, serverId, sequence, sequence + 1n);
  }

  get isEmpty(): boolean {
    return this.#sets.size === 0;
  }

  /** Number of transactions. */
  count(): bigint {
    return [...this.#sets.values()].reduce((sum, { ranges }) => sum + ranges.count(), 0n);
  }

  /** Runs by domain and server, in order. */
  *entries(): Generator<{ domain: number; serverId: number; ranges: IntervalSet }> {
    yield* [...this.#sets.values()].sort((a, b) => a.domain - b.domain || a.serverId - b.serverId);
  }

  /** Adds all of `other`. */
  union(other: MariadbGtidSet): this {
    for (const { domain, serverId, ranges } of other.entries()) {
      this.#ranges(domain, serverId).addAll(ranges.ranges);
    }
    return this;
  }

  /** Removes one transaction. */
  remove({ domain, serverId, sequence }: MariadbGtid): void {
    const key = `${domain}-${serverId}`;
    const ranges = this.#sets.get(key)?.ranges;
    ranges?.remove(sequence, sequence + 1n);
    if (ranges?.isEmpty) this.#sets.delete(key);
  }

  toString(): string {
    const parts: string[] = [];
    for (const { domain, serverId, ranges } of this.entries()) {
      for (const { start, end } of ranges.ranges) {
        const first = formatMariadbGtid({ domain, serverId, sequence: start });
        parts.push(end - start === 1n ? first : `${first}..${end - 1n}`);
      }
    }
    return parts.join(",");
  }
}
