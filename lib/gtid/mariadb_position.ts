import { FormatError } from "../errors.ts";

/** Largest sequence number: the field is an unsigned 64-bit integer. */
export const SEQUENCE_MAX: bigint = 2n ** 64n - 1n;

/** One MariaDB GTID, `domain-server-seq`. */
export interface MariadbGtid {
  domain: number;
  serverId: number;
  sequence: bigint;
}

/** Text of a MariaDB GTID. */
export function formatMariadbGtid({ domain, serverId, sequence }: MariadbGtid): string {
  return `${domain}-${serverId}-${sequence}`;
}

/** Reads `domain-server-seq`. Throws FormatError. */
export function parseMariadbGtid(text: string): MariadbGtid {
  const match = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/.exec(text.trim());
  const domain = Number(match?.[1]);
  const serverId = Number(match?.[2]);
  const sequence = BigInt(match?.[3] ?? 0);
  if (!match || domain > 0xffff_ffff || serverId > 0xffff_ffff || sequence > SEQUENCE_MAX) {
    throw new FormatError(`Cannot read GTID ${JSON.stringify(text)}`, {
      expected: "domain-server-sequence",
      found: text,
    });
  }
  return { domain, serverId, sequence };
}

/**
 * A MariaDB GTID position: the last transaction of each domain, `0-1-100,1-5-7`. Everything before
 * in a domain belongs to it.
 */
export class MariadbPosition {
  readonly #last = new Map<number, MariadbGtid>();

  /** Reads the text form; the empty text is the beginning of everything. */
  static parse(text: string): MariadbPosition {
    const position = new MariadbPosition();
    for (const part of text.split(",")) {
      if (part.trim() !== "") position.add(parseMariadbGtid(part));
    }
    return position;
  }

  /** Moves a domain on to this transaction; file order decides, not the sequence number. */
  add(gtid: MariadbGtid): void {
    this.#last.set(gtid.domain, gtid);
  }

  get isEmpty(): boolean {
    return this.#last.size === 0;
  }

  /** The last transaction of a domain. */
  last(domain: number): MariadbGtid | undefined {
    return this.#last.get(domain);
  }

  *[Symbol.iterator](): Generator<MariadbGtid> {
    for (const domain of [...this.#last.keys()].sort((a, b) => a - b)) {
      yield this.#last.get(domain)!;
    }
  }

  clone(): MariadbPosition {
    const copy = new MariadbPosition();
    for (const gtid of this) copy.add(gtid);
    return copy;
  }

  /** Whether this position has come at least as far as `other` in all of its domains. */
  covers(other: MariadbPosition): boolean {
    return [...other].every(({ domain, sequence }) =>
      (this.#last.get(domain)?.sequence ?? 0n) >= sequence
    );
  }

  toString(): string {
    return [...this].map(formatMariadbGtid).join(",");
  }
}
