import { StoreIoError } from "../errors.ts";
import { isSystemError } from "./is_system_error.ts";

/** ENOLCK, ENOSYS, ENOTSUP: the runtime has no codes for some of them. */
const NO_LOCKS = /no locks available|not implemented|not supported/i;

/** What the operating system says where a lock can't be had, with the file; any other error as it is. */
export function lockError(path: string, cause: unknown): unknown {
  if (!isSystemError(cause)) return cause;
  const hint = NO_LOCKS.test(cause.message)
    ? "the file system there has no locks; put the store on one that has"
    : "see that the folder is there and can be written";
  return new StoreIoError(`Cannot lock ${path}: ${cause.message}`, { file: path, cause, hint });
}
