import { LostBytesError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { findSourceFile } from "../source/find_file.ts";
import { isMissingFile, isShorterSource } from "../source/gap.ts";
import type { SourceOptions } from "../source/source_options.ts";

/** Whether the source has bytes up to the end of what was lost, in words, and what to try. */
async function ask(
  { file, end }: { file: string; end: number },
  source: SourceOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<{ answer: string; hint?: string }> {
  const notThere = "restore the file from a copy; --new-era keeps what is here and begins afresh";
  try {
    // A position beyond 4 GiB can't be asked for; that the file is there can.
    const position = end < 2 ** 32 ? end : 4;
    await findSourceFile(source, log, signal, { file, position });
    return { answer: "the source still has them" };
  } catch (error) {
    if (isMissingFile(error)) {
      return { answer: `the source no longer has ${file}`, hint: notThere };
    }
    if (isShorterSource(error)) {
      return { answer: `the source's ${file} ends before that, too`, hint: notThere };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return { answer: `whether the source still has them can't be told: ${reason}` };
  }
}

/**
 * For a store that has lost what was durable: the same error, with what the source says. Any other
 * error is returned as it is.
 */
export async function askForLostBytes(
  error: unknown,
  source: SourceOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof LostBytesError)) return error;
  const { file = "", end = 4 } = error.details;
  const { answer, hint } = await ask({ file, end }, source, log, signal);
  return new LostBytesError(`${error.message}; ${answer}`, {
    ...error.details,
    ...(hint === undefined ? {} : { hint }),
  });
}
