import { parseBinlogFileName } from "./file_name.ts";

/**
 * Whether a source that has come to `file` is past `other`. Names of another base say nothing of
 * each other: the source's log_bin may have been changed in between.
 */
export function isBeyondFile(file: string, other: string): boolean {
  const ours = parseBinlogFileName(file);
  const theirs = parseBinlogFileName(other);
  return ours !== undefined && theirs !== undefined && ours.base === theirs.base &&
    ours.sequence > theirs.sequence;
}
