import type { AckRequest, Batch } from "./batch.ts";
import { Stage } from "./stage.ts";

/**
 * Lets batches through untouched and remembers the newest position an ACK was asked for. The ACK
 * itself goes out when the sink says that position is on disk, never when a batch passes here.
 * One ACK covers everything before it.
 */
export class SemiSyncAckTap extends Stage {
  #wanted: AckRequest | undefined;
  readonly #send: (ack: AckRequest) => Promise<void>;
  #acked: AckRequest | undefined;

  /**
   * `requested`: file and position of the dump request, which to the source acknowledges everything
   * before them.
   */
  constructor(send: (ack: AckRequest) => Promise<void>, requested?: AckRequest) {
    super();
    this.#send = send;
    this.#acked = requested;
  }

  override pass(batch: Batch): boolean {
    if (batch.ack) this.#wanted = batch.ack;
    return true;
  }

  /** The newest position that was acknowledged. */
  get acked(): AckRequest | undefined {
    return this.#acked;
  }

  /** The newest position that asked and was not answered yet. */
  get wanted(): AckRequest | undefined {
    return this.#wanted;
  }

  /** Sends an ACK that is due: the sink has made everything up to `ack` durable. */
  async durable(ack: AckRequest): Promise<void> {
    if (ack === this.#wanted) this.#wanted = undefined;
    await this.#send(ack);
    this.#acked = ack;
  }
}
