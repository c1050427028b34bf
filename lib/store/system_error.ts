import { storeIoError } from "./store_io_error.ts";

/**
 * What the operating system refused, as an error that names the store's file; any other error as it
 * is. The runtime gives a `code` to what comes from the system, and to nothing else.
 */
export function systemError(action: string, path: string, cause: unknown): unknown {
  const isSystem = cause instanceof Error && typeof (cause as { code?: unknown }).code === "string";
  return isSystem ? storeIoError(action, path, cause) : cause;
}
