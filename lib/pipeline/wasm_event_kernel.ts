import { crc32 } from "../bytes/crc32.ts";
import { Batch, BATCH_BYTES, MOVED_MAX } from "./batch.ts";
import { EVENT_CLASSES, type EventKernel, REGISTER } from "./event_kernel.ts";
import { jsEventKernel } from "./js_event_kernel.ts";
import { EVENT_KERNEL_BASE64 } from "./wasm/event_kernel_bytes.ts";

/** Byte addresses in the kernel's memory; see wasm/event_kernel.wat. */
const FRAME_REGISTERS = 64;
const CLASSES = 256;
const CRC_TABLES = 1024;
const BATCHES = 65536;
/** Beyond this many bytes zlib's CRC, called from the kernel, is faster than tables inside it. */
const TABLES_MAX = 256;
const CRC_POLYNOMIAL = 0xedb88320;

/** What the module exports. */
interface KernelExports {
  memory: { buffer: ArrayBuffer };
  walk(bytes: number, spans: number, small: number, largest: number): void;
  frame(bytes: number, spans: number): void;
}

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const bytes = Uint8Array.from(atob(EVENT_KERNEL_BASE64), (c) => c.charCodeAt(0));
  return compiled ??= new WebAssembly.Module(bytes);
}

/** Eight CRC-32 tables, the k-th for a byte that k more bytes follow. */
function writeCrcTables(tables: Uint32Array): void {
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
    tables[i] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = (before >>> 8) ^ tables[before & 255]!;
  }
}

/**
 * The kernel in WebAssembly: events and their packets are framed, checked and moved in it; only the
 * CRC of large ones comes from zlib. Statements that may end a transaction go through
 * {@link jsEventKernel} one at a time. Each call makes a kernel with memory of its own, for the
 * batches of one pool.
 */
export function makeWasmEventKernel(): EventKernel {
  const instance = new WebAssembly.Instance(compile(), {
    runtime: { crc32: (start: number, end: number) => crc32(everything.subarray(start, end)) },
  });
  const { memory, walk, frame } = instance.exports as unknown as KernelExports;
  const { buffer } = memory;
  const everything = new Uint8Array(buffer);
  const registers = new Int32Array(buffer, 0, 16);
  const frameRegisters = new Int32Array(buffer, FRAME_REGISTERS, 8);
  new Uint8Array(buffer, CLASSES, 256).set(EVENT_CLASSES);
  writeCrcTables(new Uint32Array(buffer, CRC_TABLES, 8 * 256));
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
        walk(batch.bytes.byteOffset, batch.spans.byteOffset, TABLES_MAX, MOVED_MAX);
        outside.set(registers);
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
