import { readStoreText } from "./read_store_text.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the state file inside a store. */
export const STATE_FILE = "binlogd.state.json";

/**
 * A lower bound of how far the store is durable and acknowledged. Written at most once a second,
 * at the end of each file and at exit, never in the path of an ACK, so the truth may be ahead of
 * it; and with `durable` 0 before the first file holds anything. Lost or damaged, it is rebuilt from
 * the binlogs; what is lost with it is the check that files have not become shorter since.
 */
export interface StoreState {
  format: 1;
  file: string;
  durable: number;
  acked?: { file: string; position: number };
  time: string;
}

/**
 * Reads the state; undefined where there is none, or where it can't be understood, of which
 * `damaged` is told.
 * @throws {StoreIoError} where it can't be read: what it says is not lost then.
 */
export async function readState(
  dir: string,
  damaged: (path: string) => void = () => {},
): Promise<StoreState | undefined> {
  const path = `${dir}/${STATE_FILE}`;
  const text = await readStoreText(path);
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as StoreState;
    const known = state?.format === 1 && typeof state.file === "string" &&
      Number.isSafeInteger(state.durable) && state.durable >= 0;
    if (known) return state;
  } catch {
    // Not JSON: damaged.
  }
  damaged(path);
  return undefined;
}

/** Writes the state: tmp, sync, rename, sync directory. */
export async function writeState(dir: string, state: StoreState): Promise<void> {
  await writeFileAtomic(`${dir}/${STATE_FILE}`, JSON.stringify(state) + "\n");
}
