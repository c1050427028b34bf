import { StoreError } from "../errors.ts";
import type { FileSummary } from "../store/file_summary.ts";
import type { ListedFile } from "./list_files.ts";

/** What to remove from the front of a store. */
export interface PurgeRequest {
  /** First file to stay. */
  to?: string;
  /** Remove files whose transactions were all committed before this time, microseconds. */
  before?: number;
  /** How many of the newest files stay whatever else is said; at least 1. */
  keep: number;
  /** File for which --on-close ran last, when that is known. */
  archived?: string;
}

/** What a purge will do. */
export interface PurgePlan {
  remove: ListedFile[];
  /** First file that stays. */
  first: string;
  /** Why no more files are removed, where less is than was asked for. */
  heldBack?: string;
}

function isBefore(entry: ListedFile, time: number): boolean {
  if (!("summary" in entry)) return false; // its times are not known
  const { damage, maxTime }: FileSummary = entry.summary;
  return damage === undefined && maxTime < time;
}

/** What --on-close has handled where it is none of the files that are there. */
function noneOf(archived: string): string {
  return archived === ""
    ? "no file, as it has not run for any yet"
    : `no file, as it ran last for ${archived}, which is not here`;
}

/**
 * Decides which files go: whole ones from the front, never the newest, as MySQL's PURGE BINARY LOGS.
 *
 * @throws {StoreError} where the file to keep is not there, or files would go that --on-close has not
 *   handled yet.
 */
export function planPurge(files: readonly ListedFile[], request: PurgeRequest): PurgePlan {
  const most = Math.max(0, files.length - Math.max(1, request.keep));
  let count: number;
  if (request.to !== undefined) {
    count = files.findIndex(({ file }) => file === request.to);
    if (count < 0) {
      throw new StoreError(`There is no file ${request.to}`, {
        file: request.to,
        hint: "binlogd list shows all; --to names the first file that stays",
      });
    }
  } else {
    const { before = -Infinity } = request;
    count = files.findIndex((entry) => !isBefore(entry, before));
    if (count < 0) count = files.length;
  }
  const wanted = count;
  count = Math.min(count, most);
  const archived = files.findIndex(({ file }) => file === request.archived);
  if (request.archived !== undefined && count > archived + 1) {
    const next = files[archived + 1]!.file;
    throw new StoreError(`--on-close has not run for ${next} yet`, {
      file: next,
      expected: archived < 0 ? noneOf(request.archived) : `files up to ${request.archived}`,
      found: `files up to ${files[count - 1]!.file}`,
      hint: "let the dump with --on-close catch up first, or say --ignore-on-close",
    });
  }
  return {
    remove: files.slice(0, count),
    first: files[count]?.file ?? "",
    ...(count < wanted ? { heldBack: `the newest ${files.length - count} are kept` } : {}),
  };
}
