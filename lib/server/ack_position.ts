import { parseBinlogFileName } from "../store/file_name.ts";

/** A place in the files. */
export interface AckPosition {
  file: string;
  position: number;
}

/** Index of a file; one that is not listed was purged, unless its name can't have been there yet. */
function placeOf(file: string, files: readonly string[]): number {
  const index = files.lastIndexOf(file);
  if (index >= 0) return index;
  const name = parseBinlogFileName(file);
  const newest = parseBinlogFileName(files[files.length - 1] ?? "");
  const later = newest && name?.base === newest.base && name.sequence > newest.sequence;
  return !name || later ? files.length : -1;
}

/**
 * Which of two places is further on; negative: `a` is before `b`. `files` are those there are, in
 * order: names alone do not tell where the base name of the source's log was changed. Of purged
 * files with different base names nothing tells; `a` is taken to be before `b` then.
 */
export function comparePositions(
  a: AckPosition,
  b: AckPosition,
  files: readonly string[],
): number {
  if (a.file === b.file) return a.position - b.position;
  const places = placeOf(a.file, files) - placeOf(b.file, files);
  if (places !== 0) return places;
  const x = parseBinlogFileName(a.file);
  const y = parseBinlogFileName(b.file);
  return x && y && x.base === y.base ? x.sequence - y.sequence : -1;
}
