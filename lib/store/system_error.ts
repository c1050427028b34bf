import { isSystemError } from "./is_system_error.ts";
import { storeIoError } from "./store_io_error.ts";

/** What the operating system refused, as an error that names the file; any other error as it is. */
export function systemError(action: string, path: string, cause: unknown): unknown {
  return isSystemError(cause) ? storeIoError(action, path, cause) : cause;
}
