import { FormatError, StoreError } from "../errors.ts";

/** A packet of a capture. `bytes` is a view that is valid until the next one is read. */
export interface CapturedPacket {
  timeUs: number;
  /** LINKTYPE of its interface. */
  linkType: number;
  bytes: Uint8Array;
}

const BUFFER_SIZE = 1024 * 1024;
/** Largest block that is read; captures of loopback interfaces hold packets of 64 KiB. */
const BLOCK_MAX = 16 * 1024 * 1024;
const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const OPTION_TIME_RESOLUTION = 9;
/** First u32 of a pcap file, in its byte order; times in microseconds or nanoseconds. */
const PCAP_MICRO = 0xa1b2c3d4;
const PCAP_NANO = 0xa1b23c4d;

/** Reads a file from front to back within one buffer. */
class FileWindow {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  /** Offset in the file of the next byte. */
  position = 0;

  constructor(path: string) {
    this.path = path;
    try {
      this.#file = Deno.openSync(path);
    } catch (cause) {
      throw new StoreError(`Cannot read capture ${path}: ${(cause as Error).message}`, {
        file: path,
        cause,
      });
    }
  }

  /** The next `size` bytes without moving on; undefined at the end of the file. */
  peek(size: number): Uint8Array | undefined {
    if (size > BLOCK_MAX) throw this.damaged(`a block of ${size} bytes`);
    if (this.#start + size > this.#buffer.length) {
      const buffer = size > this.#buffer.length ? new Uint8Array(size * 2) : this.#buffer;
      buffer.set(this.#buffer.subarray(this.#start, this.#end));
      this.#end -= this.#start;
      this.#start = 0;
      this.#buffer = buffer;
    }
    while (this.#end - this.#start < size) {
      const read = this.#file.readSync(this.#buffer.subarray(this.#end));
      if (read === null) {
        if (this.#end === this.#start) return undefined;
        throw this.damaged(`the end of the file ${this.#end - this.#start} bytes later`);
      }
      this.#end += read;
    }
    return this.#buffer.subarray(this.#start, this.#start + size);
  }

  skip(size: number): void {
    this.#start += size;
    this.position += size;
  }

  damaged(found: string): FormatError {
    return new FormatError(`Cannot read capture ${this.path} at ${this.position}: ${found}`, {
      file: this.path,
      position: this.position,
      found,
    });
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * The packets of a capture in the order of the file: pcap (microseconds or nanoseconds) and pcapng,
 * of either byte order, as tcpdump, Wireshark and `binlogd proxy --record` write them.
 * @throws {StoreError} where the file can't be opened. {FormatError} where it is damaged or cut.
 */
export function* readCapture(path: string): Generator<CapturedPacket, void, void> {
  const window = new FileWindow(path);
  try {
    const head = window.peek(4);
    if (head === undefined) throw window.damaged("an empty file");
    const magic = new DataView(head.buffer, head.byteOffset, 4);
    if (magic.getUint32(0) === SECTION) yield* readPcapng(window);
    else {
      for (const little of [true, false]) {
        const value = magic.getUint32(0, little);
        if (value === PCAP_MICRO) return yield* readPcap(window, little, 1);
        if (value === PCAP_NANO) return yield* readPcap(window, little, 1000);
      }
      throw window.damaged("neither pcap nor pcapng");
    }
  } finally {
    window.close();
  }
}

/**
 * pcap: u32 magic, u16 major, u16 minor, 8 bytes, u32 snaplen, u32 link type; each packet: u32
 * seconds, u32 fraction, u32 captured, u32 size on the wire, bytes.
 */
function* readPcap(
  window: FileWindow,
  little: boolean,
  perMicro: number,
): Generator<CapturedPacket, void, void> {
  const header = window.peek(24);
  if (!header) return;
  const linkType = new DataView(header.buffer, header.byteOffset).getUint32(20, little) & 0xffff;
  window.skip(24);
  for (;;) {
    const head = window.peek(16);
    if (head === undefined) return;
    const view = new DataView(head.buffer, head.byteOffset, 16);
    const timeUs = view.getUint32(0, little) * 1e6 +
      Math.floor(view.getUint32(4, little) / perMicro);
    const size = view.getUint32(8, little);
    const whole = window.peek(16 + size)!;
    yield { timeUs, linkType, bytes: whole.subarray(16) };
    window.skip(16 + size);
  }
}

/** An interface of a section: its link type, and ticks a second of its times. */
interface CaptureInterface {
  linkType: number;
  ticks: number;
}

function* readPcapng(window: FileWindow): Generator<CapturedPacket, void, void> {
  let little = true;
  let interfaces: CaptureInterface[] = [];
  for (;;) {
    const head = window.peek(8);
    if (head === undefined) return;
    const start = new DataView(head.buffer, head.byteOffset, 8);
    if (start.getUint32(0) === SECTION) {
      const magic = window.peek(12)!;
      little = magic[8] === 0x4d;
      interfaces = [];
    }
    const again = window.peek(8)!;
    const lead = new DataView(again.buffer, again.byteOffset, 8);
    const type = lead.getUint32(0, little);
    const size = lead.getUint32(4, little);
    if (size < 12 || size % 4 !== 0) throw window.damaged(`a block of ${size} bytes`);
    const block = window.peek(size)!;
    const view = new DataView(block.buffer, block.byteOffset, size);
    if (view.getUint32(size - 4, little) !== size) throw window.damaged("a block with two sizes");
    if (type === INTERFACE) interfaces.push(readInterface(view, size, little));
    else {
      const packet = readBlock(type, view, block, little, interfaces);
      if (packet) yield packet;
    }
    window.skip(size);
  }
}

/** Interface block: u16 link type, u16, u32 snaplen, options; 9 is the resolution of times. */
function readInterface(view: DataView, size: number, little: boolean): CaptureInterface {
  let ticks = 1e6;
  for (let at = 16; at + 4 <= size - 4;) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (code === OPTION_TIME_RESOLUTION && length === 1) {
      const value = view.getUint8(at + 4);
      ticks = value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
    }
    at += 4 + ((length + 3) & ~3);
  }
  return { linkType: view.getUint16(8, little), ticks };
}

/** A packet of a block that holds one: enhanced, simple, or the obsolete kind. */
function readBlock(
  type: number,
  view: DataView,
  block: Uint8Array,
  little: boolean,
  interfaces: CaptureInterface[],
): CapturedPacket | undefined {
  if (type !== ENHANCED_PACKET && type !== OBSOLETE_PACKET && type !== SIMPLE_PACKET) return;
  const simple = type === SIMPLE_PACKET;
  if (block.length < (simple ? 16 : 32)) return;
  const number = simple
    ? 0
    : type === ENHANCED_PACKET
    ? view.getUint32(8, little)
    : view.getUint16(8, little);
  const from = interfaces[number];
  if (!from) return;
  const at = simple ? 12 : 28;
  const size = simple ? view.getUint32(8, little) : view.getUint32(20, little);
  const bytes = block.subarray(at, Math.min(at + size, block.length - 4));
  if (simple) return { timeUs: 0, linkType: from.linkType, bytes };
  const ticks = BigInt(view.getUint32(12, little)) << 32n | BigInt(view.getUint32(16, little));
  const timeUs = from.ticks === 1e6 ? Number(ticks) : Math.floor(Number(ticks) / from.ticks * 1e6);
  return { timeUs, linkType: from.linkType, bytes };
}
