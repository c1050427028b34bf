import { UsageError } from "../errors.ts";
import { redactUrl } from "./redact_url.ts";

/** What is left on the command line, and may be a source, or be meant as one, with its password. */
export function unexpectedArgument(text: string): UsageError {
  const shown = text.includes("://") ? redactUrl(text) : text.replace(/:.*@/s, ":…@");
  return new UsageError(`Unexpected argument ${shown}`);
}
