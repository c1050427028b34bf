import { type AckPosition, comparePositions } from "./ack_position.ts";

/**
 * What replicas of ours have acknowledged, one place for each server_id. Replicas are asked for an
 * ACK at the end of what there is; nobody waits here, unless the upstream's ACKs hang on it.
 */
export class SemiSyncSource {
  readonly #acked = new Map<number, AckPosition>();
  readonly #clients = new Map<number, number>();
  /** ACKs received and asked for since the start. */
  received = 0;
  requested = 0;
  /** Called after each ACK, and when a replica comes or goes. */
  onChange: (() => void) | undefined;
  readonly #files: () => readonly string[];

  /** `files`: names of the files there are, in order. */
  constructor(files: () => readonly string[]) {
    this.#files = files;
  }

  /** Which of two places is further on; see {@link comparePositions}. */
  compare(a: AckPosition, b: AckPosition): number {
    // The list is asked for only where it decides: an ACK is for the newest file, nearly always.
    return a.file === b.file ? a.position - b.position : comparePositions(a, b, this.#files());
  }

  /** A replica begins to dump at a place, which acknowledges all before it. */
  begin(serverId: number, from: AckPosition): void {
    this.#clients.set(serverId, (this.#clients.get(serverId) ?? 0) + 1);
    this.#acked.set(serverId, from);
    this.onChange?.();
  }

  end(serverId: number): void {
    const left = (this.#clients.get(serverId) ?? 1) - 1;
    if (left > 0) this.#clients.set(serverId, left);
    else {
      this.#clients.delete(serverId);
      this.#acked.delete(serverId);
    }
    this.onChange?.();
  }

  /** A replica has everything up to a place although nobody asked it. */
  known(serverId: number, position: AckPosition): void {
    this.#advance(serverId, position);
  }

  /** Takes an ACK; one for an earlier place than before is old news. */
  ack(serverId: number, position: AckPosition): void {
    this.received++;
    this.#advance(serverId, position);
  }

  #advance(serverId: number, position: AckPosition): void {
    if (!this.#clients.has(serverId)) return;
    const before = this.#acked.get(serverId);
    if (before && this.compare(position, before) <= 0) return;
    this.#acked.set(serverId, position);
    this.onChange?.();
  }

  /** Replicas connected that acknowledge. */
  get clients(): number {
    return this.#clients.size;
  }

  /** The place that at least `count` replicas have acknowledged; undefined: too few replicas. */
  nthHighest(count: number): AckPosition | undefined {
    const sorted = [...this.#acked.values()].sort((a, b) => this.compare(b, a));
    return sorted[count - 1];
  }
}
