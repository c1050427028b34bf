import { LogWriter } from "./log_writer.ts";

/** Standard error: all that goes there goes through this, so that it stays in order. */
export const STANDARD_ERROR = new LogWriter(Deno.stderr);
