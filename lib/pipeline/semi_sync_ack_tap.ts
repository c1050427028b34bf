import type { AckRequest, Batch } from "./batch.ts";

/**
 * Lets batches through untouched and remembers the newest position an ACK was asked for. The ACK
 * itself goes out when the sink says that position is on disk, never when a batch passes here.
 * One ACK covers everything before it.
 */
export class SemiSyncAckTap extends TransformStream<Batch, Batch> {
  #wanted: AckRequest | undefined;
  readonly #send: (ack: AckRequest) => Promise<void>;
  #acked: AckRequest | undefined;

  constructor(send: (ack: AckRequest) => Promise<void>) {
    super({
      transform: (batch, controller) => {
        if (batch.ack) this.#wanted = batch.ack;
        controller.enqueue(batch);
      },
    });
    this.#send = send;
  }

  /** The newest position that was acknowledged. */
  get acked(): AckRequest | undefined {
    return this.#acked;
  }

  /** Sends an ACK that is due: the sink has made everything up to `ack` durable. */
  async durable(ack: AckRequest): Promise<void> {
    if (ack === this.#wanted) this.#wanted = undefined;
    await this.#send(ack);
    this.#acked = ack;
  }
}
