import { BinlogdError, StoreIoError } from "../errors.ts";
import { storeIoError } from "../store/store_io_error.ts";
import { isDiskFull } from "./is_disk_full.ts";

/**
 * Runs one step of a command that changes a store. What the operating system refuses there becomes an
 * error that names `path`, and that the command can be run again; any other error stays as it is.
 *
 * @throws {StoreIoError}
 */
export async function storeStep<T>(
  action: string,
  path: string,
  step: () => T | Promise<T>,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { message, details } = storeIoError(action, path, error);
    const first = isDiskFull(error)
      ? "make room in that file system"
      : "see that the folder is there and can be written";
    throw new StoreIoError(message, { ...details, hint: `${first}, then run the command again` });
  }
}

/** Some errors of the system, such as a quota that is full, have no code: the message has its number. */
function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof BinlogdError) return false;
  return /\(os error \d+\)/.test(error.message);
}
