import type { AckRequest, Batch } from "../lib/pipeline/batch.ts";
import { BatchPool } from "../lib/pipeline/batch_pool.ts";
import { EventParser } from "../lib/pipeline/event_parser.ts";
import type { EventKernel } from "../lib/pipeline/event_kernel.ts";
import { jsEventKernel } from "../lib/pipeline/js_event_kernel.ts";
import { FileSink } from "../lib/pipeline/file_sink.ts";
import type {
  FileSinkOptions,
  ResumePoint,
  SinkStore,
  StoreFiles,
} from "../lib/pipeline/file_sink_options.ts";
import { PacketDeframer } from "../lib/pipeline/packet_deframer.ts";
import { SemiSyncAckTap } from "../lib/pipeline/semi_sync_ack_tap.ts";
import { socketSource } from "../lib/pipeline/socket_source.ts";
import type { StopCondition } from "../lib/pipeline/stop_condition.ts";
import { StreamState } from "../lib/pipeline/stream_state.ts";
import { makeWasmEventKernel } from "../lib/pipeline/wasm_event_kernel.ts";
import { chunkSocket } from "./_split.ts";

/** A store that is a plain list of names. */
export class ListStore implements SinkStore {
  readonly dir: string;
  readonly files: string[] = [];
  formats: Uint8Array[] = [];

  constructor(dir: string, files: string[] = []) {
    this.dir = dir;
    this.files = files;
  }

  has(file: string): boolean {
    return this.files.includes(file);
  }

  append(file: string): Promise<void> {
    this.files.push(file);
    return Promise.resolve();
  }

  checkFormat(_file: string, body: Uint8Array): void {
    this.formats.push(body);
  }
}

export interface PipelineRun {
  store: ListStore;
  state: StreamState;
  sink: FileSink;
  acks: AckRequest[];
  /** Durable position at the time of each ACK. */
  durableAtAck: number[];
}

let defaultKernel: () => EventKernel = makeWasmEventKernel;

/** Both kernels. */
export const KERNELS: readonly { name: string; make: () => EventKernel }[] = [
  { name: "WebAssembly", make: makeWasmEventKernel },
  { name: "JavaScript", make: () => jsEventKernel },
];

/** Whether each stage is piped as a stream of its own, as tools that know nothing of ours do it. */
let streamsApart = false;

/** Registers a test that runs the pipeline once with each kernel, and once more as streams apart. */
export function pipelineTest(name: string, work: () => Promise<void>): void {
  const [wasm] = KERNELS;
  for (
    const { name: variant, make, apart } of [
      ...KERNELS.map((kernel) => ({ ...kernel, name: `${kernel.name} kernel`, apart: false })),
      { ...wasm!, name: "streams apart", apart: true },
    ]
  ) {
    Deno.test(`${name}, ${variant}`, async () => {
      defaultKernel = make;
      streamsApart = apart;
      try {
        await work();
      } finally {
        defaultKernel = makeWasmEventKernel;
        streamsApart = false;
      }
    });
  }
}

/** A stream that hands on what it is given, and lets its neighbours know nothing of each other. */
function passOn<T>(onEach?: (chunk: T) => void): TransformStream<T, T> {
  return new TransformStream<T, T>({
    transform(chunk, controller): void {
      onEach?.(chunk);
      controller.enqueue(chunk);
    },
  });
}

/** Runs the whole pipeline over chunks of bytes into a folder. */
export async function runPipeline(dir: string, chunks: Uint8Array[], options: {
  file?: string;
  position?: number;
  checksum?: boolean;
  semiSync?: boolean;
  kernel?: EventKernel;
  stop?: StopCondition;
  mayLeave?: string;
  resume?: ResumePoint;
  files?: string[];
  tap?: (batch: Batch) => void;
  storeFiles?: StoreFiles;
  /** Settings of the sink that go before those made here. */
  sink?: Partial<FileSinkOptions>;
  onSink?: (sink: FileSink) => void;
} = {}): Promise<PipelineRun> {
  const store = new ListStore(dir, options.files);
  const state = new StreamState(options.semiSync ?? false);
  const acks: AckRequest[] = [];
  const durableAtAck: number[] = [];
  const tap = new SemiSyncAckTap((ack) => {
    acks.push(ack);
    durableAtAck.push(sink.chain.durable);
    return Promise.resolve();
  });
  const sink = new FileSink({
    store,
    resume: options.resume,
    acknowledge: (ack) => tap.durable(ack),
    ...(options.storeFiles ? { files: options.storeFiles } : {}),
    ...options.sink,
  });
  options.onSink?.(sink);
  const run = { store, state, sink, acks, durableAtAck };
  const kernel = options.kernel ?? defaultKernel();
  const parser = new EventParser(state, {
    file: options.file ?? "",
    position: options.position ?? 4,
    checksum: options.checksum ?? true,
    kernel,
    ...(options.stop ? { stop: options.stop } : {}),
    ...(options.mayLeave === undefined ? {} : { mayLeave: options.mayLeave }),
  });
  let batches: ReadableStream<Batch> = socketSource(
    chunkSocket(chunks),
    new BatchPool(kernel.allocate),
  );
  for (const stage of [new PacketDeframer(state, { kernel }), parser, tap]) {
    if (streamsApart) batches = batches.pipeThrough(passOn());
    if (stage === tap && options.tap) batches = batches.pipeThrough(passOn(options.tap));
    batches = batches.pipeThrough(stage);
  }
  if (streamsApart) batches = batches.pipeThrough(passOn());
  await batches.pipeTo(sink)
    .catch((error) => {
      if (!state.ended && !state.stopped && !state.unclosed) throw error;
    });
  return run;
}

/** Runs with a scratch folder that is removed afterwards. */
export async function withFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await Deno.makeTempDir({ prefix: "binlogd-test-" });
  try {
    return await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
