import type { Flavour } from "../testbed/kinds.ts";

/** A transaction as a client planned it; everything about it follows from these two numbers. */
export interface PlannedCommit {
  client: number;
  number: number;
}

/** Text of the one row that a transaction inserts: names the transaction, then 0 to 400 letters. */
export function rowText({ client, number }: PlannedCommit): string {
  let state = (client * 7919 + number * 104_729 + 1) >>> 0;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  const size = next() % 400;
  let text = "";
  while (text.length < size) text += next().toString(36);
  return `<c${client}n${number}:${text.slice(0, size)}>`;
}

/** GTID that the client gives the transaction. */
export function plannedGtid({ client, number }: PlannedCommit, flavour: Flavour): string {
  if (flavour === "mariadb") return `${client + 1}-1-${number}`;
  return `c0ffee00-0000-4000-8000-${client.toString(16).padStart(12, "0")}:${number}`;
}

/**
 * What the clients know: which of their commits returned. Those are promised to be in the store;
 * of the others nobody knows anything.
 */
export class CommitLedger {
  readonly #returned: PlannedCommit[] = [];

  /** Commits that returned so far. */
  get size(): number {
    return this.#returned.length;
  }

  /** Called by a client as soon as its commit has returned. */
  add(commit: PlannedCommit): void {
    this.#returned.push(commit);
  }

  /** Those from `from` up to `to`, in the order in which they returned. */
  slice(from: number, to: number): PlannedCommit[] {
    return this.#returned.slice(from, to);
  }
}
