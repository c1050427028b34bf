import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { BytesDifferError } from "../errors.ts";
import { keepAccess } from "../store/keep_access.ts";
import { openInPlace } from "../store/open_in_place.ts";
import { storeIoError } from "../store/store_io_error.ts";

const COMPARE_SIZE = 256 * 1024;

/** Whether a file is there that holds the magic, or a part of it, and nothing else. */
function holdsNothing(path: string): boolean {
  try {
    const { size, isFile } = Deno.lstatSync(path);
    if (!isFile || size > BINLOG_MAGIC.length) return false;
    return Deno.readFileSync(path).every((byte, i) => byte === BINLOG_MAGIC[i]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * One binlog file being appended to. Bytes that the file already holds are compared instead of
 * written: after a reconnect the source sends the last transaction again.
 */
export class StoreFile {
  readonly name: string;
  readonly path: string;
  readonly #file: Deno.FsFile;
  #reader: Deno.FsFile | undefined;
  #scratch: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes in the file. */
  #size: number;
  /** Where the next byte belongs; below #size while comparing. */
  #position: number;
  /** Bytes known to be on disk. */
  durable: number;

  protected constructor(dir: string, name: string, file: Deno.FsFile, size: number) {
    this.name = name;
    this.path = `${dir}/${name}`;
    this.#file = file;
    this.#size = this.#position = size;
    this.durable = 0;
  }

  /**
   * Creates `name` with the magic in it. Fails where the file exists, unless nothing but a part of the
   * magic is in it, as a disk that was full leaves one behind.
   */
  static create(dir: string, name: string): StoreFile {
    const path = `${dir}/${name}`;
    try {
      if (holdsNothing(path)) Deno.removeSync(path);
      const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o640 });
      const created = new this(dir, name, file, 0);
      try {
        created.append(BINLOG_MAGIC);
        return created;
      } catch (error) {
        created.close();
        Deno.removeSync(path);
        throw error;
      }
    } catch (cause) {
      throw storeIoError("create", path, cause);
    }
  }

  /** Where root has made the file, gives it to whom the folder belongs, who goes on with it. */
  async giveToOwner(): Promise<void> {
    await keepAccess(this.path, this.#file);
  }

  /** Opens `name`, cut to `size`, to go on at `position`. */
  static resume(dir: string, name: string, size: number, position: number): StoreFile {
    const path = `${dir}/${name}`;
    try {
      const file = openInPlace(path, { write: true });
      const resumed = new this(dir, name, file, size);
      if (file.statSync().size !== size) file.truncateSync(size);
      file.seekSync(size, Deno.SeekMode.Start);
      resumed.#position = position;
      return resumed;
    } catch (cause) {
      throw storeIoError("open", path, cause);
    }
  }

  get position(): number {
    return this.#position;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes the next bytes of the file: compares what is there, writes what is new. */
  append(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#position < this.#size) {
      const old = Math.min(rest.length, this.#size - this.#position);
      this.#compare(rest.subarray(0, old));
      this.#position += old;
      rest = rest.subarray(old);
      if (this.#position === this.#size) this.#stopComparing();
    }
    try {
      while (rest.length > 0) {
        const written = this.#file.writeSync(rest);
        this.#size += written;
        this.#position += written;
        rest = rest.subarray(written);
      }
    } catch (cause) {
      throw storeIoError("write", this.path, cause);
    }
  }

  #compare(bytes: Uint8Array): void {
    this.#reader ??= openInPlace(this.path, { read: true });
    const scratch = this.#scratch ??= new Uint8Array(COMPARE_SIZE);
    this.#reader.seekSync(this.#position, Deno.SeekMode.Start);
    let done = 0;
    while (done < bytes.length) {
      const size = this.#reader.readSync(scratch.subarray(0, bytes.length - done)) ?? 0;
      if (size === 0) throw storeIoError("read", this.path, "it is shorter than it was");
      for (let i = 0; i < size; i++) {
        if (scratch[i] !== bytes[done + i]) throw this.#divergence(this.#position + done + i);
      }
      done += size;
    }
  }

  #divergence(position: number): BytesDifferError {
    return new BytesDifferError(
      `The source's ${this.name} differs from the store's at byte ${position}`,
      {
        file: this.name,
        position,
        expected: "the same bytes again",
        found: "other bytes: the source was replaced, reset or restored",
        hint: "keep this history and begin another beside it with --new-era",
      },
    );
  }

  #stopComparing(): void {
    this.#reader?.close();
    this.#reader = undefined;
    this.#scratch = undefined;
  }

  /**
   * Makes what is written durable. {@link durable} moves on to `eventEnd`, the end of the last
   * whole event: what lies beyond would be cut off by a restart and is promised to nobody.
   * `inThread`: without leaving this thread, which waits meanwhile.
   */
  async sync(eventEnd: number, inThread = false): Promise<void> {
    const size = Math.min(this.#size, eventEnd);
    try {
      if (inThread) this.#file.syncDataSync();
      else await this.#file.syncData();
    } catch (cause) {
      throw storeIoError("sync", this.path, cause);
    }
    // What was cut off meanwhile is not.
    this.durable = Math.max(this.durable, Math.min(size, this.#size));
  }

  /** Cuts the file to `size`. */
  truncate(size: number): void {
    try {
      this.#file.truncateSync(size);
      this.#file.seekSync(size, Deno.SeekMode.Start);
    } catch (cause) {
      throw storeIoError("cut", this.path, cause);
    }
    this.#size = this.#position = size;
    this.durable = Math.min(this.durable, size);
  }

  close(): void {
    this.#stopComparing();
    this.#file.close();
  }
}
