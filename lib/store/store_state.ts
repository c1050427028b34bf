import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the state file inside a store. */
export const STATE_FILE = "binlogd.state.json";

/**
 * A lower bound of how far the store is durable and acknowledged. Written at most once a second,
 * at the end of each file and at exit, never in the path of an ACK, so the truth may be ahead of
 * it. Lost or damaged, it is rebuilt from the binlogs; what is lost with it is the check that
 * files have not become shorter since.
 */
export interface StoreState {
  format: 1;
  file: string;
  durable: number;
  acked?: { file: string; position: number };
  time: string;
}

/** Reads the state; undefined where there is none or it can't be understood. */
export async function readState(dir: string): Promise<StoreState | undefined> {
  try {
    const state = JSON.parse(await Deno.readTextFile(`${dir}/${STATE_FILE}`)) as StoreState;
    return state?.format === 1 && typeof state.durable === "number" ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the state: tmp, sync, rename, sync directory. */
export async function writeState(dir: string, state: StoreState): Promise<void> {
  await writeFileAtomic(`${dir}/${STATE_FILE}`, JSON.stringify(state) + "\n");
}
