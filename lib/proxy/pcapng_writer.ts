import { StoreIoError } from "../errors.ts";

const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, ENHANCED_PACKET: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINK_ETHERNET = 1;
const OPTION = { COMMENT: 1, INTERFACE_NAME: 2, USER_APPLICATION: 4 } as const;
const FILE_MODE = 0o600;
const BUFFER_SIZE = 256 * 1024;

function padded(size: number): number {
  return (size + 3) & ~3;
}

/** Options: u16 code, u16 size, value padded to 4 bytes; ended by code 0. */
function encodeOptions(options: [number, string][]): Uint8Array {
  const parts = options.map(([code, text]) => ({ code, bytes: new TextEncoder().encode(text) }));
  if (parts.length === 0) return new Uint8Array(0);
  const size = parts.reduce((sum, { bytes }) => sum + 4 + padded(bytes.length), 4);
  const result = new Uint8Array(size);
  const view = new DataView(result.buffer);
  let at = 0;
  for (const { code, bytes } of parts) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, bytes.length, true);
    result.set(bytes, at + 4);
    at += 4 + padded(bytes.length);
  }
  return result;
}

/**
 * Writes a pcapng file (draft-ietf-opsawg-pcapng): one section, one Ethernet interface with times
 * in microseconds, enhanced packet blocks. The file is new, and only its owner may read it.
 * @throws {StoreIoError} where it can't be made or written.
 */
export class PcapngWriter {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #size = 0;

  constructor(path: string, application: string) {
    this.path = path;
    try {
      this.#file = Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE });
    } catch (cause) {
      const exists = cause instanceof Deno.errors.AlreadyExists;
      const reason = exists ? "it exists already" : (cause as Error).message;
      throw new StoreIoError(`Cannot make capture ${path}: ${reason}`, {
        file: path,
        cause,
        ...(exists ? { hint: "name another file, or remove that one" } : {}),
      });
    }
    this.#block(BLOCK.SECTION, 16, [[OPTION.USER_APPLICATION, application]], (view) => {
      view.setUint32(0, BYTE_ORDER_MAGIC, true);
      view.setUint16(4, 1, true);
      view.setBigInt64(8, -1n, true);
    });
    this.#block(BLOCK.INTERFACE, 8, [[OPTION.INTERFACE_NAME, "binlogd proxy"]], (view) => {
      view.setUint16(0, LINK_ETHERNET, true);
    });
  }

  /** Adds a frame; `comment` is shown with it. */
  packet(timeUs: number, frame: Uint8Array, comment?: string): void {
    const options: [number, string][] = comment === undefined ? [] : [[OPTION.COMMENT, comment]];
    this.#block(BLOCK.ENHANCED_PACKET, 20 + padded(frame.length), options, (view, bytes) => {
      view.setUint32(4, Math.floor(timeUs / 2 ** 32), true);
      view.setUint32(8, timeUs % 2 ** 32, true);
      view.setUint32(12, frame.length, true);
      view.setUint32(16, frame.length, true);
      bytes.set(frame, 20);
      bytes.fill(0, 20 + frame.length);
    });
  }

  /** Block: u32 type, u32 size, body, options, u32 size again. */
  #block(
    type: number,
    bodySize: number,
    options: [number, string][],
    write: (view: DataView, bytes: Uint8Array) => void,
  ): void {
    const tail = encodeOptions(options);
    const size = 12 + bodySize + tail.length;
    if (this.#size + size > this.#buffer.length) this.flush();
    const start = this.#size;
    const block = this.#buffer.subarray(start, start + size).fill(0);
    const view = new DataView(block.buffer, block.byteOffset, size);
    view.setUint32(0, type, true);
    view.setUint32(4, size, true);
    write(
      new DataView(block.buffer, block.byteOffset + 8, bodySize),
      block.subarray(8, 8 + bodySize),
    );
    block.set(tail, 8 + bodySize);
    view.setUint32(size - 4, size, true);
    this.#size += size;
  }

  /** Writes what is buffered to the file. */
  flush(): void {
    try {
      for (let done = 0; done < this.#size;) {
        done += this.#file.writeSync(this.#buffer.subarray(done, this.#size));
      }
    } catch (cause) {
      throw new StoreIoError(`Cannot write capture ${this.path}: ${(cause as Error).message}`, {
        file: this.path,
        cause,
      });
    } finally {
      this.#size = 0;
    }
  }

  close(): void {
    try {
      this.flush();
    } finally {
      this.#file.close();
    }
  }
}
