import { StoreIoError } from "../errors.ts";
import { isSystemError } from "./is_system_error.ts";

/**
 * Reads one of the small text files of a store; undefined where there is none.
 * @throws {StoreIoError} where it can't be read, which says nothing of what is in it.
 */
export async function readStoreText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    if (!isSystemError(cause)) throw cause;
    throw new StoreIoError(`Cannot read ${path}: ${cause.message}`, {
      file: path,
      cause,
      hint: "see that this account may read it",
    });
  }
}
