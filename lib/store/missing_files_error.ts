import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { LostBytesError, StoreError } from "../errors.ts";

/** The error for files that the index of a store names and its folder lacks when it is opened. */
export function missingFilesError(
  dir: string,
  missing: readonly string[],
  listed: readonly string[],
): StoreError {
  const newest = missing[0] === listed[listed.length - 1];
  const verb = missing.length > 1 ? "are" : "is";
  const text = `${missing.join(", ")} ${verb} in the index of ${dir}, but not in the folder`;
  const hint = "put the file back, or ";
  if (newest) {
    return new LostBytesError(text, {
      file: missing[0]!,
      end: BINLOG_MAGIC.length,
      hint: `${hint}fetch it again with --refetch`,
    });
  }
  return new StoreError(text, { hint: `${hint}take its line out of the index if not needed` });
}
