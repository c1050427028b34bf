import { UsageError } from "../errors.ts";
import { redactUrl } from "./redact_url.ts";

/** What is left on the command line, and may be a source with its password. */
export function unexpectedArgument(text: string): UsageError {
  return new UsageError(`Unexpected argument ${redactUrl(text)}`);
}
