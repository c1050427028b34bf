import type { Batch } from "./batch.ts";

/**
 * A stage of the pipeline: a TransformStream of batches, whose work can also be called without the
 * stream. {@link BatchStream} does that where stages of ours follow each other.
 */
export abstract class Stage extends TransformStream<Batch, Batch> {
  constructor() {
    super({
      transform: (batch, controller) => {
        if (this.pass(batch)) controller.enqueue(batch);
        if (this.over) controller.terminate();
      },
      flush: () => this.end(),
    });
  }

  /** Whether no batch is to follow the last one. */
  get over(): boolean {
    return false;
  }

  /** Does its work on a batch. False when nothing of it goes on: it has been released. */
  abstract pass(batch: Batch): boolean;

  /** The source has ended, unless it was this or a later stage that said so. */
  end(): void {}
}
