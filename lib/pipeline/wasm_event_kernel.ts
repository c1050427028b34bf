import { CHECKSUM_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { crc32Range } from "../bytes/crc32.ts";
import { Batch, BATCH_BYTES, MOVED_MAX } from "./batch.ts";
import { EVENT_CLASSES, type EventKernel, REGISTER } from "./event_kernel.ts";
import { jsEventKernel } from "./js_event_kernel.ts";
import { EVENT_KERNEL_BASE64 } from "./wasm/event_kernel_bytes.ts";

/** Byte addresses in the kernel's memory; see wasm/event_kernel.wat. */
const FRAME_REGISTERS = 64;
const CLASSES = 256;
const BATCHES = 65536;

/** What the module exports. */
interface KernelExports {
  memory: { buffer: ArrayBuffer };
  walk(bytes: number, spans: number, space: number, largest: number): void;
  intact(crc: number, rest: number): number;
  frame(bytes: number, spans: number): void;
}

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const bytes = Uint8Array.from(atob(EVENT_KERNEL_BASE64), (c) => c.charCodeAt(0));
  return compiled ??= new WebAssembly.Module(bytes);
}

/** Offset of the first event in [start, end) that its CRC does not fit. */
function firstDamaged({ bytes, view }: Batch, start: number, end: number): number {
  for (let at = start; at < end;) {
    const next = at + view.getUint32(at + HEADER_OFFSET.eventSize, true);
    const checksum = next - CHECKSUM_SIZE;
    if (crc32Range(bytes, at, checksum) !== view.getUint32(checksum, true)) return at;
    at = next;
  }
  throw new Error("the kernel finds damage where there is none");
}

/**
 * The kernel in WebAssembly: events and their packets are framed, checked and moved in it. The CRCs
 * of a run of events are checked by one CRC-32 of all its bytes, which zlib is asked for once.
 * Statements that may end a transaction go through {@link jsEventKernel} one at a time. Each call
 * makes a kernel with memory of its own, for the batches of one pool.
 */
export function makeWasmEventKernel(): EventKernel {
  const instance = new WebAssembly.Instance(compile());
  const { memory, walk, intact, frame } = instance.exports as unknown as KernelExports;
  const { buffer } = memory;
  const registers = new Int32Array(buffer, 0, 16);
  const frameRegisters = new Int32Array(buffer, FRAME_REGISTERS, 8);
  new Uint8Array(buffer, CLASSES, 256).set(EVENT_CLASSES);
  const stride = BATCH_BYTES + Math.ceil(Batch.spanTableBytes / 16) * 16;

  return {
    allocate(index) {
      const at = BATCHES + index * stride;
      const spans = new Int32Array(buffer, at + BATCH_BYTES, Batch.spanTableBytes / 4);
      return { bytes: new Uint8Array(buffer, at, BATCH_BYTES), spans };
    },
    frame(batch: Batch, outside: Int32Array): void {
      frameRegisters.set(outside);
      frame(batch.bytes.byteOffset, batch.spans.byteOffset);
      outside.set(frameRegisters);
    },
    walk(batch: Batch, outside: Int32Array): void {
      const count = outside[REGISTER.SPAN_COUNT]!;
      for (;;) {
        registers.set(outside);
        walk(batch.bytes.byteOffset, batch.spans.byteOffset, BATCH_BYTES, MOVED_MAX);
        const start = outside[REGISTER.OUT]!;
        outside.set(registers);
        const end = outside[REGISTER.OUT]!;
        if (end > start && outside[REGISTER.CHECKSUM]) {
          if (!intact(crc32Range(batch.bytes, start, end), BATCH_BYTES - (end - start))) {
            outside[REGISTER.DAMAGED] = firstDamaged(batch, start, end);
            return;
          }
        }
        const stopped = outside[REGISTER.SPAN]!;
        if (stopped >= count) return;
        outside[REGISTER.SPAN_COUNT] = stopped + 1;
        jsEventKernel.walk(batch, outside);
        outside[REGISTER.SPAN_COUNT] = count;
        if (outside[REGISTER.SPAN] === stopped) return;
      }
    },
  };
}
