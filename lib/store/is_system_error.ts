import { BinlogdError } from "../errors.ts";

/**
 * Whether an error says what the operating system refused, or the runtime, which lets an executable
 * use some folders only. Most of these have a `code`; some, such as a quota that is full, have the
 * system's number in the message alone.
 */
export function isSystemError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof BinlogdError) return false;
  if (error instanceof Deno.errors.NotCapable) {
    return /^Requires (read|write|all) access/.test(error.message);
  }
  const { code } = error as { code?: unknown };
  // Not ERR_INVALID_ARG_TYPE and the like, which say what a program did wrong.
  if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return true;
  return /\(os error \d+\)/.test(error.message);
}
