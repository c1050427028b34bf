import { StoreError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { indexFileName, writeIndexFile } from "./index_file.ts";
import type { StoreOrder } from "./store_order.ts";

/**
 * The files of a store in their order, with those that a crash, or a person, left out of the index,
 * and the index written where it does not say so. What an interrupted purge left stays where it is.
 * @throws {StoreError} for a file that is not listed and belongs in between, or nobody knows where.
 */
export async function adoptFiles(dir: string, order: StoreOrder, log: Logger): Promise<string[]> {
  const { listed, unlisted, index, cutLine, stale } = order;
  const files = [...listed, ...unlisted];
  const newest = files[files.length - 1];
  const own = newest && indexFileName(parseBinlogFileName(newest)!.base);
  refuseAstray(dir, order);
  if (cutLine !== undefined) log.warning("left out the cut last line of the index", { cutLine });
  // A server's own index may have any name; from here on ours is kept.
  const isOwn = own === undefined || (index === own && cutLine === undefined);
  if (unlisted.length > 0 || !isOwn) await writeIndexFile(dir, files);
  if (unlisted.length > 0) {
    log.warning("added files to the index", { files: unlisted.join(",") });
  }
  for (const name of stale) {
    if (name !== own) await Deno.remove(`${dir}/${name}`);
  }
  await leaveOut(dir, order, log);
  return files;
}

function refuseAstray(dir: string, { astray, files }: StoreOrder): void {
  const name = astray[0];
  if (name === undefined) return;
  const where = files.includes(name)
    ? "but not in its index"
    : "and where it belongs can't be told";
  throw new StoreError(`${name} is in ${dir}, ${where}`, {
    file: `${dir}/${name}`,
    hint: "move it elsewhere, or add its line to the index where it belongs",
  });
}

/** Tells of files that are left where they are, and takes away what holds nothing. */
async function leaveOut(dir: string, order: StoreOrder, log: Logger): Promise<void> {
  const { listed, older, empty } = order;
  if (older.length > 0) {
    log.warning("left files out that are older than those of the index, as a purge leaves them", {
      files: older.join(","),
      hint: `binlogd purge --dir ${dir} --to ${listed[0]} removes them; to keep them, put their ` +
        "lines at the front of the index",
    });
  }
  if (empty.length === 0) return;
  for (const name of empty) await Deno.remove(`${dir}/${name}`);
  log.warning("removed files that hold nothing and are not in the index", {
    files: empty.join(","),
  });
}
