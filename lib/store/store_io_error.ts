import { StoreIoError } from "../errors.ts";
import { isDiskFull } from "./is_disk_full.ts";

/**
 * Wraps what the operating system says about a store file into an error that names it; an error that
 * is one already stays as it is.
 */
export function storeIoError(action: string, path: string, cause: unknown): StoreIoError {
  if (cause instanceof StoreIoError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const noSpace = /ENOSPC|no space/i.test(reason) ||
    (cause as { code?: string })?.code === "ENOSPC";
  return new StoreIoError(`Cannot ${action} ${path}: ${noSpace ? "no space left" : reason}`, {
    file: path,
    cause,
    hint: noSpace || isDiskFull(cause)
      ? "make room on the disk (binlogd purge removes old files); the dump goes on where it was"
      : "see that the folder is there and can be written; the dump goes on where it was",
  });
}
