import { StoreIoError } from "../errors.ts";
import { isFileAt } from "./is_file_at.ts";

/**
 * Opens a binlog file of a store; never one that a link in its place leads to.
 * @throws {StoreIoError} where one does.
 */
export function openInPlace(path: string, options: Deno.OpenOptions): Deno.FsFile {
  const file = Deno.openSync(path, options);
  if (isFileAt(path, file)) return file;
  file.close();
  throw new StoreIoError(`${path} leads elsewhere`, {
    file: path,
    expected: "the file that the dump has written",
    hint: "see who has put it there",
  });
}
