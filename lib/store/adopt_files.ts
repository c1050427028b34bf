import { StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, writeIndexFile } from "./index_file.ts";
import type { StoreOrder } from "./store_order.ts";

/**
 * The files of a store in their order, with those that a crash, or a person, left out of the index,
 * and the index written where it does not say so.
 * @throws {StoreError} for a file that is not listed and can't be the newest.
 */
export async function adoptFiles(dir: string, order: StoreOrder, log: Logger): Promise<string[]> {
  const { listed, unlisted, index, stale } = order;
  const files = [...listed, ...unlisted];
  const newest = files[files.length - 1];
  const own = newest && indexFileName(parseBinlogFileName(newest)!.base);
  checkUnlisted(dir, unlisted, listed);
  // A server's own index may have any name; from here on ours is kept.
  if (unlisted.length > 0 || (own !== undefined && index !== own)) await writeIndexFile(dir, files);
  if (unlisted.length > 0) {
    log.warning("added files to the index", { files: unlisted.join(",") });
  }
  for (const name of stale) {
    if (name !== own) await Deno.remove(`${dir}/${name}`);
  }
  return files;
}

function checkUnlisted(dir: string, unlisted: string[], listed: string[]): void {
  const newest = parseBinlogFileName(listed[listed.length - 1] ?? "");
  const bases = new Set(listed.map((name) => parseBinlogFileName(name)?.base));
  for (const name of unlisted) {
    const { base, sequence } = parseBinlogFileName(name)!;
    // Of a base that is not listed at all: the source's log_bin was changed.
    if (base === newest?.base ? sequence > newest.sequence : !bases.has(base)) continue;
    throw new StoreError(`${name} is in ${dir}, but not in its index`, {
      file: `${dir}/${name}`,
      hint: "move it elsewhere, or add its line to the index",
    });
  }
}
