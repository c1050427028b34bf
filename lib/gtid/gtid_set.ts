import { FormatError } from "../errors.ts";
import { type Interval, IntervalSet } from "./interval_set.ts";
import { normaliseUuid } from "./uuid.ts";

/** Largest transaction number plus one. */
const GNO_END = 2n ** 63n - 1n;
/** Tag of a GTID, in lower case. */
export const TAG: RegExp = /^[a-z_][a-z0-9_]{0,31}$/;

function invalid(text: string, part: string): FormatError {
  return new FormatError(`Cannot read GTID set: ${JSON.stringify(part)}`, {
    found: text.length > 200 ? `${text.slice(0, 200)}…` : text,
    expected: "uuid[:tag]:first[-last][:…], …",
  });
}

/** Key of the ranges of one source and tag; sorts as the server prints. */
function keyOf(uuid: string, tag: string): string {
  return tag === "" ? uuid : `${uuid}:${tag}`;
}

/**
 * A set of MySQL GTIDs, `uuid[:tag]:gno`, as in `uuid:1-5:7:tag:1-3, uuid2:1`. Text is read as
 * servers print and take it: blanks and newlines around commas, any case; printed in canonical form.
 */
export class GtidSet {
  readonly #sets = new Map<string, IntervalSet>();

  /** Reads the text form. Throws FormatError. */
  static parse(text: string): GtidSet {
    const found = new Map<string, Interval[]>();
    for (const entry of text.split(",")) {
      const parts = entry.trim().split(":").map((part) => part.trim());
      if (parts.length === 1 && parts[0] === "") continue;
      const uuid = normaliseUuid(parts[0]!);
      if (!uuid || parts.length < 2) throw invalid(text, entry.trim());
      let tag = "";
      let ranges: Interval[] | undefined;
      for (const part of parts.slice(1)) {
        const range = /^(\d{1,19})(?:\s*-\s*(\d{1,19}))?$/.exec(part);
        if (!range) {
          tag = part.toLowerCase();
          if (!TAG.test(tag)) throw invalid(text, part);
          ranges = undefined;
          continue;
        }
        const first = BigInt(range[1]!);
        const last = BigInt(range[2] ?? range[1]!);
        if (first < 1n || last >= GNO_END) throw invalid(text, part);
        if (!ranges) {
          const key = keyOf(uuid, tag);
          found.set(key, ranges = found.get(key) ?? []);
        }
        ranges.push({ start: first, end: last + 1n });
      }
    }
    const set = new GtidSet();
    for (const [key, ranges] of found) set.#addAll(key, ranges);
    return set;
  }

  /** Adds the transactions [start, end) of a source and tag. */
  addInterval(uuid: string, tag: string, start: bigint, end: bigint): void {
    const key = keyOf(uuid, tag);
    let ranges = this.#sets.get(key);
    if (!ranges) this.#sets.set(key, ranges = new IntervalSet());
    ranges.add(start, end);
    if (ranges.isEmpty) this.#sets.delete(key);
  }

  /** Adds many ranges of transactions of a source and tag, in any order. */
  addIntervals(uuid: string, tag: string, added: readonly Interval[]): void {
    this.#addAll(keyOf(uuid, tag), added);
  }

  #addAll(key: string, added: readonly Interval[]): void {
    let ranges = this.#sets.get(key);
    if (!ranges) this.#sets.set(key, ranges = new IntervalSet());
    ranges.addAll(added);
    if (ranges.isEmpty) this.#sets.delete(key);
  }

  /** Adds one transaction. */
  add(uuid: string, tag: string, gno: bigint): void {
    this.addInterval(uuid, tag, gno, gno + 1n);
  }

  has(uuid: string, tag: string, gno: bigint): boolean {
    return this.#sets.get(keyOf(uuid, tag))?.has(gno) ?? false;
  }

  /** Whether some transaction of [start, end) of a source and tag is in this set. */
  overlaps(uuid: string, tag: string, start: bigint, end: bigint): boolean {
    return this.#sets.get(keyOf(uuid, tag))?.overlaps(start, end) ?? false;
  }

  get isEmpty(): boolean {
    return this.#sets.size === 0;
  }

  /** Whether some transaction has a tag; only servers from 8.3 on understand those. */
  get isTagged(): boolean {
    return [...this.#sets.keys()].some((key) => key.includes(":"));
  }

  /** Number of transactions. */
  count(): bigint {
    return [...this.#sets.values()].reduce((sum, ranges) => sum + ranges.count(), 0n);
  }

  clone(): GtidSet {
    const copy = new GtidSet();
    for (const [key, ranges] of this.#sets) copy.#sets.set(key, ranges.clone());
    return copy;
  }

  /** Ranges by source and tag, in the order of the text form. */
  *entries(): Generator<{ uuid: string; tag: string; ranges: IntervalSet }> {
    for (const key of [...this.#sets.keys()].sort()) {
      const [uuid, tag = ""] = key.split(":");
      yield { uuid: uuid!, tag, ranges: this.#sets.get(key)! };
    }
  }

  /** Adds all of `other`. */
  union(other: GtidSet): this {
    for (const [key, { ranges }] of other.#sets) this.#addAll(key, ranges);
    return this;
  }

  /** Removes one transaction. */
  remove(uuid: string, tag: string, gno: bigint): void {
    const key = keyOf(uuid, tag);
    const ranges = this.#sets.get(key);
    ranges?.remove(gno, gno + 1n);
    if (ranges?.isEmpty) this.#sets.delete(key);
  }

  /** Removes all of `other`. */
  subtract(other: GtidSet): this {
    for (const [key, removed] of other.#sets) {
      const ranges = this.#sets.get(key);
      ranges?.removeAll(removed);
      if (ranges?.isEmpty) this.#sets.delete(key);
    }
    return this;
  }

  /** What is in both. */
  intersect(other: GtidSet): GtidSet {
    return this.clone().subtract(this.clone().subtract(other));
  }

  isSubsetOf(other: GtidSet): boolean {
    return [...this.#sets].every(([key, ranges]) => other.#sets.get(key)?.covers(ranges) ?? false);
  }

  equals(other: GtidSet): boolean {
    return this.isSubsetOf(other) && other.isSubsetOf(this);
  }

  /** Canonical text: lower case, sorted, ranges merged, one uuid named once. */
  toString(): string {
    const byUuid = new Map<string, string[]>();
    for (const { uuid, tag, ranges } of this.entries()) {
      const parts = byUuid.get(uuid) ?? [];
      if (tag) parts.push(tag);
      for (const { start, end } of ranges.ranges) {
        parts.push(end - start === 1n ? `${start}` : `${start}-${end - 1n}`);
      }
      byUuid.set(uuid, parts);
    }
    return [...byUuid].map(([uuid, parts]) => [uuid, ...parts].join(":")).join(",");
  }
}
