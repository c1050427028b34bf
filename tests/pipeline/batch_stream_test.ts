import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Batch } from "../../lib/pipeline/batch.ts";
import { BatchSink } from "../../lib/pipeline/batch_sink.ts";
import { type BatchSource, BatchStream } from "../../lib/pipeline/batch_stream.ts";
import { Stage } from "../../lib/pipeline/stage.ts";

/** What happens with the batch of that number, counted from 0, at one place of a pipeline. */
type Event = "nothing" | "fails" | "dropped" | "over" | "over and dropped";

interface Script {
  batches: number;
  sourceFailsAt: number | undefined;
  stages: { at: number; event: Event; failsAtEnd: boolean }[];
  sinkFailsAt: number | undefined;
  sinkFailsAtEnd: boolean;
}

interface Outcome {
  taken: number[];
  /** How the sink was ended, as often as it was. */
  ends: string[];
  sourceEnded: boolean;
  released: number;
  error: string | undefined;
}

class NumberSource implements BatchSource {
  ended = false;
  released = 0;
  readonly #script: Script;
  #next = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  async next(): Promise<Batch | undefined> {
    await Promise.resolve();
    const number = this.#next++;
    if (number === this.#script.sourceFailsAt) throw new Error("source");
    if (number >= this.#script.batches) return undefined;
    const batch = new Batch(new Uint8Array(1), new Int32Array(3), () => void this.released++);
    batch.events = number;
    return batch;
  }

  end(): void {
    this.ended = true;
  }
}

class ScriptedStage extends Stage {
  readonly #script: Script["stages"][number];
  #over = false;

  constructor(script: Script["stages"][number]) {
    super();
    this.#script = script;
  }

  override get over(): boolean {
    return this.#over;
  }

  override pass(batch: Batch): boolean {
    const { at, event } = this.#script;
    if (batch.events !== at) return true;
    if (event === "fails") throw new Error("stage");
    this.#over = event.startsWith("over");
    if (!event.endsWith("dropped")) return true;
    batch.release();
    return false;
  }

  override end(): void {
    if (this.#script.failsAtEnd) throw new Error("end of stage");
  }
}

class NumberSink extends BatchSink {
  readonly taken: number[] = [];
  readonly ends: string[] = [];
  readonly #script: Script;

  constructor(script: Script) {
    super();
    this.#script = script;
  }

  override async take(batch: Batch): Promise<void> {
    await Promise.resolve();
    if (batch.events === this.#script.sinkFailsAt) throw new Error("sink");
    this.taken.push(batch.events);
    batch.release();
  }

  override finish(): void {
    this.ends.push("finish");
    if (this.#script.sinkFailsAtEnd) throw new Error("end of sink");
  }

  override abandon(): void {
    this.ends.push("abandon");
  }

  fail(error: Error): void {
    this.breakOff(error);
  }
}

/** Hides from its neighbours what they are. */
const passOn = (): TransformStream<Batch, Batch> => new TransformStream<Batch, Batch>();

async function run(script: Script, apart: boolean): Promise<Outcome> {
  const source = new NumberSource(script);
  const sink = new NumberSink(script);
  let batches: ReadableStream<Batch> = new BatchStream(source);
  for (const stage of script.stages) {
    if (apart) batches = batches.pipeThrough(passOn());
    batches = batches.pipeThrough(new ScriptedStage(stage));
  }
  if (apart) batches = batches.pipeThrough(passOn());
  const error = await batches.pipeTo(sink).then(() => undefined, (error: Error) => error.message);
  const { taken, ends } = sink;
  return { taken, ends, sourceEnded: source.ended, released: source.released, error };
}

const at = fc.option(fc.nat(6), { nil: undefined });
const scripts: fc.Arbitrary<Script> = fc.record({
  batches: fc.nat(5),
  sourceFailsAt: at,
  stages: fc.array(
    fc.record({
      at: fc.nat(5),
      event: fc.constantFrom<Event[]>("nothing", "fails", "dropped", "over", "over and dropped"),
      failsAtEnd: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  sinkFailsAt: at,
  sinkFailsAtEnd: fc.boolean(),
});

/** How many things can end the stream before its end. */
function faults({ sourceFailsAt, stages, sinkFailsAt, sinkFailsAtEnd }: Script): number {
  const ofStages = stages.map(({ event, failsAtEnd }) =>
    Number(event !== "nothing" && event !== "dropped") + Number(failsAtEnd)
  );
  const others = [sourceFailsAt !== undefined, sinkFailsAt !== undefined, sinkFailsAtEnd];
  return [...ofStages, ...others.map(Number)].reduce((sum, one) => sum + one, 0);
}

Deno.test("stages called one after the other do what they do as streams", async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const joined = await run(script, false);
      const apart = await run(script, true);
      assertEquals(joined.taken.slice(0, apart.taken.length), apart.taken);
      assert(joined.ends.length <= 1, String(joined.ends));
      // Streams read ahead: they may meet a fault behind the end, and then lose what is on its way.
      if (apart.error === undefined || faults(script) === 1) {
        assertEquals(joined.error, apart.error);
      }
      if (apart.error === undefined) {
        assertEquals([joined.taken, joined.ends], [apart.taken, apart.ends]);
      }
    }),
    { numRuns: 500 },
  );
});

const PLAIN: Script = {
  batches: 3,
  sourceFailsAt: undefined,
  stages: [],
  sinkFailsAt: undefined,
  sinkFailsAtEnd: false,
};
const stage = (event: Event, at = 1, failsAtEnd = false): Script["stages"][number] => {
  return { at, event, failsAtEnd };
};

Deno.test("what ends a joined pipeline, and how its ends are told", async () => {
  const cases: [Partial<Script>, Omit<Outcome, "sourceEnded">][] = [
    [{}, { taken: [0, 1, 2], ends: ["finish"], released: 3, error: undefined }],
    [{ stages: [stage("dropped")] }, {
      taken: [0, 2],
      ends: ["finish"],
      released: 3,
      error: undefined,
    }],
    // A stage before the one that says that it is over is not told of an end.
    [{ stages: [stage("nothing", 1, true), stage("over")] }, {
      taken: [0, 1],
      ends: ["finish"],
      released: 2,
      error: undefined,
    }],
    [{ stages: [stage("over and dropped")] }, {
      taken: [0],
      ends: ["finish"],
      released: 2,
      error: undefined,
    }],
    [{ stages: [stage("fails")] }, { taken: [0], ends: ["abandon"], released: 1, error: "stage" }],
    [{ stages: [stage("nothing", 1, true)] }, {
      taken: [0, 1, 2],
      ends: ["abandon"],
      released: 3,
      error: "end of stage",
    }],
    [{ sourceFailsAt: 2 }, { taken: [0, 1], ends: ["abandon"], released: 2, error: "source" }],
    [{ sinkFailsAt: 2 }, { taken: [0, 1], ends: [], released: 2, error: "sink" }],
    [{ sinkFailsAtEnd: true }, {
      taken: [0, 1, 2],
      ends: ["finish"],
      released: 3,
      error: "end of sink",
    }],
  ];
  for (const [script, expected] of cases) {
    const outcome = await run({ ...PLAIN, ...script }, false);
    assertEquals(outcome, { ...expected, sourceEnded: true }, JSON.stringify(script));
  }
});

Deno.test("a sink that breaks off ends the wait for the next batch", async () => {
  for (const apart of [false, true]) {
    const waiting = Promise.withResolvers<undefined>();
    const source: BatchSource = {
      next: () => waiting.promise,
      end: (error) => error === undefined ? waiting.resolve(undefined) : waiting.reject(error),
    };
    const sink = new NumberSink(PLAIN);
    const batches = new BatchStream(source);
    const piped = (apart ? batches.pipeThrough(passOn()) : batches).pipeTo(sink);
    setTimeout(() => sink.fail(new Error("disk")), 5);
    await assertRejects(() => piped, Error, "disk");
  }
});

Deno.test("a stream that is piped is locked, and one that is read gives what has passed", async () => {
  const batches = new BatchStream(new NumberSource(PLAIN));
  const passed = batches.pipeThrough(new ScriptedStage(stage("dropped")));
  assert(batches.locked);
  assertThrows(() => batches.pipeThrough(new ScriptedStage(stage("nothing"))), TypeError);
  const numbers: number[] = [];
  for await (const batch of passed) numbers.push(batch.events);
  assertEquals(numbers, [0, 2]);
  const source = new NumberSource(PLAIN);
  await new BatchStream(source).cancel();
  assert(source.ended);
});
