import { StoreIoError } from "../errors.ts";
import { FILE_INDEX } from "../store/file_summary_index.ts";
import { isDiskFull } from "../store/is_disk_full.ts";
import { storeStep } from "../store/store_step.ts";

/** What is made again by whoever wants it, in the order in which it is missed least. */
const REBUILT = [`${FILE_INDEX}.points`, `${FILE_INDEX}.new`, FILE_INDEX];

/**
 * Runs `work`, which needs a few blocks of its own before it frees any. As long as the disk is too
 * full for it, what a store can be without goes first, and `work` is run again, from its beginning.
 *
 * @throws {StoreIoError} where there is still no room.
 */
export async function withRoom<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const rebuilt = REBUILT.map((name) => `${dir}/${name}`);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreIoError) || !isDiskFull(error.cause)) throw error;
      if (await removeNext(rebuilt)) continue;
      throw new StoreIoError(error.message, {
        ...error.details,
        hint: "free a few KiB in that file system, then run the command again",
      });
    }
  }
}

/** Removes the first of these files that is there, and takes it off the list; false without any. */
async function removeNext(paths: string[]): Promise<boolean> {
  for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
    try {
      await storeStep("remove", path, () => Deno.remove(path!));
      return true;
    } catch (error) {
      if (!(error instanceof StoreIoError)) throw error;
      // It is not there, or does not go: perhaps the next one does.
    }
  }
  return false;
}
