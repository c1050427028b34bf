import { BINLOG_MAGIC, EVENT_FLAG, HEADER_OFFSET } from "../binlog/event_header.ts";
import { StoreError } from "../errors.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { IDENTITY_FILE } from "./identity.ts";
import { readStoreFolder } from "./store_folder.ts";
import { systemError } from "./system_error.ts";

/** Where the flags of a file's first event are; the low byte of them holds the in-use flag. */
const FLAGS_POSITION = BINLOG_MAGIC.length + HEADER_OFFSET.flags;

/**
 * Makes the folder of a store if need be.
 * @throws {StoreError} where it can't be made, or is a server's own.
 */
export async function makeStoreFolder(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true, mode: 0o750 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(`Cannot make folder ${dir}: ${reason}`, { file: dir, cause });
  }
  try {
    await refuseServerFolder(dir);
  } catch (error) {
    throw systemError("open", dir, error);
  }
}

/**
 * Refuses a folder in which a server writes its own binlogs: a store in it would add to the file that
 * the server adds to. A server marks the file that it writes (LOG_EVENT_BINLOG_IN_USE_F), and sends
 * files without the mark, so that none in a store has it.
 */
async function refuseServerFolder(dir: string): Promise<void> {
  const identity = await Deno.stat(`${dir}/${IDENTITY_FILE}`).catch(() => undefined);
  if (identity) return;
  const { names } = await readStoreFolder(dir);
  // By base, in the order of numbers: a replica has relay logs beside its binlogs.
  const newest = new Map(names.map((name) => [parseBinlogFileName(name)!.base, name]));
  for (const name of newest.values()) {
    const path = `${dir}/${name}`;
    if (!await isInUse(path)) continue;
    throw new StoreError(`${dir} looks like a server's own folder: ${name} is marked as in use`, {
      file: path,
      position: FLAGS_POSITION,
      expected: "a folder that only binlogd writes in",
      found: "the in-use flag, which files that were fetched don't have",
      hint: "give a folder of its own; if these are copies of a server's files, take the newest " +
        "one away: it is fetched again",
    });
  }
}

async function isInUse(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(FLAGS_POSITION + 1);
  if (await file.read(head) !== head.length) return false;
  if (BINLOG_MAGIC.some((byte, i) => head[i] !== byte)) return false;
  return (head[FLAGS_POSITION]! & EVENT_FLAG.LOG_EVENT_BINLOG_IN_USE_F) !== 0;
}
