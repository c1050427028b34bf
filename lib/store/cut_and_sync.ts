import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { StoreError, StoreIoError } from "../errors.ts";

/** What of a file is to stay; see {@link cutAndSync}. */
export interface CutOptions {
  /** Size to cut it to; undefined leaves it as it is. */
  size?: number;
  /** How far it is known to have been durable before; 0 where nothing is known. */
  durable: number;
}

/**
 * Cuts a file of the store behind what is whole, and makes it durable. A sync that fails is not
 * tried again as a proof: the next one may succeed although the data never reached the disk. What
 * is beyond `durable` is cut off then, to be fetched again.
 * @throws {StoreIoError} when the sync failed and the file was cut back.
 * @throws {StoreError} when it failed and nothing is known that could be kept.
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
  try {
    await file.sync();
  } catch (cause) {
    const message = `Cannot sync ${dir}/${name}: ${(cause as Error).message}`;
    if (size === undefined || durable < BINLOG_MAGIC.length) {
      throw new StoreError(message, {
        file: name,
        cause,
        hint:
          "its newest bytes may not be on the disk, whatever later syncs say: see to the disk, " +
          "then check with binlogd verify --against, or fetch the file again",
      });
    }
    await file.truncate(durable);
    throw new StoreIoError(message, {
      file: name,
      position: durable,
      cause,
      hint: "what was not known to be on the disk was cut off and is fetched again",
    });
  }
}
