import type { Batch } from "./batch.ts";
import { BatchSink } from "./batch_sink.ts";
import { Stage } from "./stage.ts";

/** Where batches come from. */
export interface BatchSource {
  /** The next batch, or undefined at the end of the stream. */
  next(): Promise<Batch | undefined>;
  /** Nothing more will be asked for; a batch that is being waited for fails with `error`. */
  end(error?: unknown): void;
}

/**
 * A ReadableStream of batches that have passed through stages. Piped through a {@link Stage}, or to
 * a {@link BatchSink}, it calls them on one batch after the other, which is all that piping means
 * there: streams between them would take some 20 µs a batch. With any other stream it is piped as
 * every ReadableStream is.
 */
export class BatchStream extends ReadableStream<Batch> {
  readonly #source: BatchSource;
  readonly #stages: readonly Stage[];
  /** How many stages have ended, since the last of them has said that no batch follows. */
  #over = 0;

  constructor(source: BatchSource, stages: readonly Stage[] = []) {
    super({
      pull: async (controller): Promise<void> => {
        const batch = await this.#next();
        if (batch) controller.enqueue(batch);
        else controller.close();
      },
      cancel: () => source.end(),
    }, { highWaterMark: 0 });
    this.#source = source;
    this.#stages = stages;
  }

  override pipeThrough<T>(
    transform: ReadableWritablePair<T, Batch>,
    options?: StreamPipeOptions,
  ): ReadableStream<T> {
    if (!(transform instanceof Stage) || options) return super.pipeThrough(transform, options);
    this.getReader(); // locks it
    const batches: ReadableStream<unknown> = new BatchStream(this.#source, [
      ...this.#stages,
      transform,
    ]);
    return batches as ReadableStream<T>;
  }

  override pipeTo(destination: WritableStream<Batch>, options?: StreamPipeOptions): Promise<void> {
    if (!(destination instanceof BatchSink) || options) return super.pipeTo(destination, options);
    this.getReader();
    return this.#run(destination);
  }

  async #run(sink: BatchSink): Promise<void> {
    sink.onBroken = (error): void => this.#source.end(error);
    for (;;) {
      let batch: Batch | undefined;
      try {
        batch = await this.#next();
      } catch (error) {
        await sink.abandon();
        throw error;
      }
      if (!batch) break;
      try {
        await sink.take(batch);
      } catch (error) {
        this.#source.end();
        throw error;
      }
    }
    await sink.finish();
  }

  /** The next batch that has passed through all stages. */
  async #next(): Promise<Batch | undefined> {
    try {
      while (this.#over === 0) {
        const batch = await this.#source.next();
        if (!batch) break;
        if (this.#pass(batch)) return batch;
      }
      for (const stage of this.#stages.slice(this.#over)) stage.end();
    } catch (error) {
      this.#source.end();
      throw error;
    }
    this.#source.end();
    return undefined;
  }

  #pass(batch: Batch): boolean {
    for (let index = 0; index < this.#stages.length; index++) {
      const stage = this.#stages[index]!;
      const passed = stage.pass(batch);
      if (stage.over) this.#over = index + 1;
      if (!passed) return false;
    }
    return true;
  }
}
