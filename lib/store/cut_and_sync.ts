import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { StoreIoError } from "../errors.ts";

/** What of a file is to stay; see {@link cutAndSync}. */
export interface CutOptions {
  /** Size to cut it to; undefined leaves it as it is. */
  size?: number;
  /** How far it is known to have been durable before; 0 where nothing is known. */
  durable: number;
  /** A sync of it has failed before. */
  failed?: boolean;
}

const CHUNK_SIZE = 1024 * 1024;

/**
 * Cuts a file of the store behind what is whole, and makes it durable. A sync that failed is not
 * tried again as a proof: the next one may succeed although the data never reached the disk. What
 * is beyond `durable` is written again first. It is not cut off: there may be bytes in it that an
 * earlier process had synced and acknowledged, and that nobody else has.
 * @throws {StoreIoError} when it could not be made durable; nothing that is whole was cut.
 */
export async function cutAndSync(dir: string, name: string, options: CutOptions): Promise<void> {
  const { size, durable } = options;
  using file = await Deno.open(`${dir}/${name}`, { read: true, write: size !== undefined });
  if (size !== undefined) {
    // A file cut inside its magic begins anew.
    if (size < BINLOG_MAGIC.length) {
      await file.truncate(0);
      await file.write(BINLOG_MAGIC);
    } else if ((await file.stat()).size > size) await file.truncate(size);
  }
  if (!options.failed && await isSynced(file)) return;
  try {
    await writeAgain(`${dir}/${name}`, durable);
  } catch (cause) {
    throw new StoreIoError(`Cannot sync ${dir}/${name}: ${(cause as Error).message}`, {
      file: name,
      position: durable,
      cause,
      hint:
        "its newest bytes may not be on the disk: see to the disk; the dump writes them again " +
        "before it goes on",
    });
  }
}

async function isSynced(file: Deno.FsFile): Promise<boolean> {
  try {
    await file.sync();
    return true;
  } catch {
    return false;
  }
}

/** Writes over what a file holds from `from` on with the same bytes, and syncs it. */
async function writeAgain(path: string, from: number): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const chunk = new Uint8Array(CHUNK_SIZE);
  for (let at = from;;) {
    await file.seek(at, Deno.SeekMode.Start);
    const size = await file.read(chunk);
    if (size === null) break;
    await file.seek(at, Deno.SeekMode.Start);
    for (let done = 0; done < size;) done += await file.write(chunk.subarray(done, size));
    at += size;
  }
  await file.sync();
}
