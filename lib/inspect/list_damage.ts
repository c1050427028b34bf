import { isJustBegun, type ListedFile } from "./list_files.ts";

/**
 * Why a file can't be read to its end, and from where on. Undefined where it can, and for a newest
 * file that ends inside an event: the rest of that may still be on its way.
 */
export function damageOf(
  entry: ListedFile,
  newest: boolean,
): { position?: number; message: string } | undefined {
  if (!("summary" in entry)) {
    return isJustBegun(entry, newest) ? undefined : { message: entry.error };
  }
  const { file, damage, closing, end, size } = entry.summary;
  if (damage) return damage;
  if (newest || closing !== "open" || end >= size) return undefined;
  return { position: end, message: `Event at ${file}:${end} is cut off` };
}
