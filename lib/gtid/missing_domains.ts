import type { MariadbGtid, MariadbPosition } from "./mariadb_position.ts";

/**
 * The domains in which a MariaDB position has not come as far as another one, kept up as it moves on.
 * A domain may be missing again: file order decides where it stands, not the sequence number.
 */
export class MissingDomains {
  readonly #target: MariadbPosition;
  readonly #missing = new Set<number>();

  constructor(target: MariadbPosition, held: MariadbPosition) {
    this.#target = target;
    for (const { domain, sequence } of target) {
      if ((held.last(domain)?.sequence ?? 0n) < sequence) this.#missing.add(domain);
    }
  }

  get isEmpty(): boolean {
    return this.#missing.size === 0;
  }

  /** The position has moved on to this transaction. */
  moved({ domain, sequence }: MariadbGtid): void {
    const wanted = this.#target.last(domain);
    if (!wanted) return;
    if (sequence < wanted.sequence) this.#missing.add(domain);
    else this.#missing.delete(domain);
  }
}
