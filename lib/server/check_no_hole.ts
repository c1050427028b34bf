import { readIdentity } from "../store/identity.ts";
import { SqlError } from "./sql_error.ts";

/**
 * Refuses to go on from `file` to `next` where something is known to be missing between them in the
 * store in `dir`.
 * @throws {SqlError} 1236
 */
export async function checkNoHole(dir: string, file: string, next: string): Promise<void> {
  const identity = await readIdentity(dir).catch((error) => {
    throw new SqlError(
      "MASTER_FATAL_ERROR_READING_BINLOG",
      `whether the store has a hole after '${file}' can't be told: ${error.message}`,
    );
  });
  const hole = identity?.holes.find((entry) => entry.afterFile === file);
  if (!hole) return;
  throw new SqlError(
    "MASTER_FATAL_ERROR_READING_BINLOG",
    `could not find next log; the store has a hole after '${file}' at ${hole.afterPosition} ` +
      `and goes on with '${next}'`,
  );
}
