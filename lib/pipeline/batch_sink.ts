import type { Batch } from "./batch.ts";

/**
 * The end of a pipeline: a WritableStream of batches, whose work can also be called without the
 * stream, as that of a {@link Stage}.
 */
export abstract class BatchSink extends WritableStream<Batch> {
  readonly #controller: WritableStreamDefaultController;
  /** Told of what {@link breakOff} is. */
  onBroken: ((error: unknown) => void) | undefined;

  constructor() {
    let controller: WritableStreamDefaultController | undefined;
    super({
      start: (own) => void (controller = own),
      write: (batch) => this.take(batch),
      close: () => this.finish(),
      abort: () => this.abandon(),
    }, { highWaterMark: 1 });
    this.#controller = controller!;
  }

  /** Deals with a batch and releases it. After an error no other call follows. */
  abstract take(batch: Batch): Promise<void> | void;

  /** Nothing follows, as it should be. */
  abstract finish(): Promise<void> | void;

  /** Nothing follows, as something failed before it came here. Whoever made it fail reports it. */
  abstract abandon(): Promise<void> | void;

  /** Ends the stream by an error met outside of {@link take}. */
  protected breakOff(error: unknown): void {
    this.#controller.error(error);
    this.onBroken?.(error);
  }
}
