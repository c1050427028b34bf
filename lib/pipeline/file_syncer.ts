import type { AckRequest } from "./batch.ts";
import type { PositionChain } from "./position_chain.ts";
import type { StoreFile } from "./store_file.ts";
import { SyncLoop } from "./sync_loop.ts";
import { SyncPace } from "./sync_pace.ts";
import type { SyncPolicy } from "./sync_policy.ts";

/** Settings of {@link FileSyncer}. */
export interface FileSyncerOptions {
  chain: PositionChain;
  policy: SyncPolicy;
  /** The file being written, and up to where a sync may promise it; undefined between two files. */
  target: () => { file: StoreFile; end: number } | undefined;
  /** See FileSinkOptions. */
  acknowledge?: ((ack: AckRequest) => Promise<void>) | undefined;
  /** A sync has succeeded. */
  onSynced: () => void;
  /** Told before anything else can happen that the sync of `file` failed, or a bug was met. */
  onFailed: (error: unknown, file?: StoreFile) => void;
}

/** An ACK, and the position on the chain that must be durable first. */
interface PendingAck {
  ack: AckRequest;
  upTo: number;
}

/**
 * Makes durable what a sink writes, when the policy or an ACK asks for it: one sync after the other,
 * each for all that was written before it began, and followed by one ACK for the newest position
 * that asked.
 */
export class FileSyncer {
  readonly #options: FileSyncerOptions;
  readonly #pace = new SyncPace();
  readonly #loop: SyncLoop;
  #pending: PendingAck | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed: { error: unknown } | undefined;
  /** An ACK could not be sent, perhaps in part: nothing may follow it. */
  #mute = false;
  #syncs = 0;
  #acks = 0;

  constructor(options: FileSyncerOptions) {
    this.#options = options;
    this.#loop = new SyncLoop(() => this.#once(), (error) => this.#fail(error));
  }

  /** Syncs done and ACKs sent. */
  get counts(): { syncs: number; acks: number } {
    return { syncs: this.#syncs, acks: this.#acks };
  }

  /** An ACK is asked for, once everything up to `upTo` on the chain is durable. */
  askAck(ack: AckRequest, upTo: number): void {
    this.#pending = { ack, upTo };
  }

  /** A batch was written: it is synced when the policy or an ACK says so. */
  written(): void {
    const { policy } = this.#options;
    if (this.#pending || policy.kind === "always") this.#loop.want();
    else if (policy.kind === "interval" && this.#isDue()) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#loop.want();
      }, policy.ms);
    }
  }

  /** Asks for what is written to be made durable soon; returns at once. */
  request(): void {
    if (this.#isDue()) this.#loop.want();
  }

  /**
   * Everything written by now is durable, and acknowledged where that was asked for.
   * @throws what a sync failed with.
   */
  async all(): Promise<void> {
    this.#loop.want();
    await this.#loop.idle();
    if (this.#failed) throw this.#failed.error;
  }

  /** Waits for what is under way; nothing begins by itself afterwards. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#loop.idle();
  }

  /** Whether there are bytes not synced yet, or synced ones that can be promised only now. */
  #isDue(): boolean {
    const { chain, target } = this.#options;
    const now = target();
    return now !== undefined && (chain.durable < chain.written || now.file.durable < now.end);
  }

  /** One sync of the current file, then one ACK for the newest position it covers. */
  async #once(): Promise<void> {
    const { chain, onSynced } = this.#options;
    const target = this.#options.target();
    if (!target) return;
    const { file, end } = target;
    const upTo = chain.written;
    const pending = this.#pending;
    if (this.#isDue()) {
      const start = performance.now();
      try {
        await file.sync(end, pending !== undefined && this.#pace.inThread);
      } catch (error) {
        this.#fail(error, file);
        throw error;
      }
      this.#pace.took(performance.now() - start);
      this.#syncs++;
      chain.sync(upTo);
      onSynced();
    }
    if (pending) await this.#acknowledge(pending, file);
  }

  /** Sends an ACK for as much of what was asked for as is promised; the rest stays asked for. */
  async #acknowledge({ ack, upTo }: PendingAck, file: StoreFile): Promise<void> {
    const { chain, acknowledge } = this.#options;
    // An earlier file is durable as a whole.
    const missing = ack.file === file.name ? Math.max(0, ack.position - file.durable) : 0;
    if (missing === 0 && this.#pending?.ack === ack) this.#pending = undefined;
    const covered = upTo - missing;
    if (!acknowledge || this.#mute || (missing > 0 && covered <= chain.acked)) return;
    if (covered > chain.durable) throw new Error(`ACK before durable: ${chain}`);
    try {
      await acknowledge(missing === 0 ? ack : { file: ack.file, position: file.durable });
    } catch {
      // Whoever sends ACKs ends the stream then. What is written is synced all the same.
      this.#mute = true;
      return;
    }
    this.#acks++;
    chain.ack(covered);
  }

  #fail(error: unknown, file?: StoreFile): void {
    this.#failed ??= { error };
    this.#options.onFailed(error, file);
  }
}
