import { StoreError } from "../errors.ts";
import { readIndexFile } from "../store/index_file.ts";
import type { PurgeSplit } from "./purge_files.ts";

/**
 * Takes `names` off the front of what an index lists.
 *
 * @throws {StoreError} where they are no longer the first ones.
 */
export async function splitIndex(
  dir: string,
  index: string,
  names: readonly string[],
): Promise<PurgeSplit> {
  const listed = await readIndexFile(`${dir}/${index}`);
  const keep = listed.filter((name) => !names.includes(name));
  const last = listed.slice(listed.length - keep.length);
  if (keep.length === 0 || !last.every((name, i) => name === keep[i])) {
    throw new StoreError(`The index of ${dir} changed meanwhile`, {
      file: `${dir}/${index}`,
      hint: "run the same command again",
    });
  }
  return { remove: [...names], keep };
}
