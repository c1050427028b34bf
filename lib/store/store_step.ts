import { StoreIoError } from "../errors.ts";
import { isDiskFull } from "./is_disk_full.ts";
import { systemError } from "./system_error.ts";

/**
 * Runs one step of a command that changes files. What the operating system refuses there becomes an
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
  } catch (cause) {
    const error = systemError(action, path, cause);
    if (error === cause || !(error instanceof StoreIoError)) throw cause;
    const first = isDiskFull(cause)
      ? "make room in that file system"
      : "see that the folder is there and can be written";
    const hint = `${first}, then run the command again`;
    throw new StoreIoError(error.message, { ...error.details, hint });
  }
}
