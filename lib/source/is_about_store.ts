import { DivergenceError, StoreIoError } from "../errors.ts";

/**
 * Whether an error stands whatever became of the connection meanwhile: the store could not be
 * written, or the source has other bytes than it.
 */
export function isAboutStore(error: unknown): boolean {
  return error instanceof StoreIoError || error instanceof DivergenceError;
}
