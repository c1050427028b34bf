import { StoreError } from "../errors.ts";
import { CLOSE_HOOK_FILE } from "../store/close_hook.ts";
import type { FileIndex } from "../store/file_summary_index.ts";
import { readIndexFile, writeIndexFile } from "../store/index_file.ts";
import { withIndexLock } from "../store/index_lock.ts";
import { syncDirectory } from "../store/sync_directory.ts";

/** File for which --on-close ran last in a store; undefined where it never did. */
export async function lastArchived(dir: string): Promise<string | undefined> {
  try {
    const { last } = JSON.parse(await Deno.readTextFile(`${dir}/${CLOSE_HOOK_FILE}`));
    return typeof last === "string" ? last : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new StoreError(`Cannot read ${dir}/${CLOSE_HOOK_FILE}`, {
      file: CLOSE_HOOK_FILE,
      cause: error,
      hint: "--ignore-on-close purges without asking it",
    });
  }
}

/**
 * Removes files from the front of a store, and the index first: interrupted, it leaves files that
 * nothing refers to, never names without files. A dump may run beside it.
 *
 * @throws {StoreError} where the files are no longer the first ones.
 */
export async function removeFiles(
  dir: string,
  index: string,
  names: readonly string[],
  summaries: FileIndex,
): Promise<void> {
  await withIndexLock(dir, async () => {
    const listed = await readIndexFile(`${dir}/${index}`);
    const rest = listed.filter((name) => !names.includes(name));
    if (
      rest.length === 0 || !listed.slice(listed.length - rest.length).every((n, i) => n === rest[i])
    ) {
      throw new StoreError(`The index of ${dir} changed meanwhile`, {
        file: `${dir}/${index}`,
        hint: "run the same command again",
      });
    }
    await writeIndexFile(dir, rest);
    for (const name of names) {
      try {
        await Deno.remove(`${dir}/${name}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    syncDirectory(dir);
    summaries.keepOnly(rest);
    await summaries.save();
  });
}
