import { CLOSE_HOOK_FILE } from "./close_hook.ts";
import { readIdentity, type StoreIdentity, writeIdentity } from "./identity.ts";
import { STATE_FILE } from "./store_state.ts";
import { readStoreFolder } from "./store_folder.ts";
import { readStoreGtids } from "./store_gtids.ts";
import { readStoreOrder } from "./store_order.ts";
import { syncDirectory } from "./sync_directory.ts";

/** Files of one history: binlogs in order, and what else goes with them. */
interface History {
  names: string[];
  others: string[];
}

/**
 * Moves a store's binlog files to DIR/era-N, with what is known of their source, so that another
 * history can begin beside them. Interrupted, it is finished by being asked for again; a file that
 * an era holds is never written over. Returns the folder, or undefined where there was nothing to
 * move.
 */
export async function moveToEra(dir: string, reason: string): Promise<string | undefined> {
  const identity = await readIdentity(dir);
  if (!identity) return undefined;
  const here = await readHistory(dir);
  const files = [...here.names, ...here.others];
  let number = identity.eras.length + 1;
  let moved = await readHistory(`${dir}/era-${number}`);
  while (files.some((name) => moved.names.includes(name) || moved.others.includes(name))) {
    moved = await readHistory(`${dir}/era-${++number}`);
  }
  // Without files here, those of a folder not yet named are of the source that is.
  const isUnfinished = moved.names.length > 0 && identity.source !== undefined;
  if (files.length === 0 && !isUnfinished) return undefined;
  const { listed, missing, unlisted } = await readStoreOrder(dir);
  const order = [...listed.filter((name) => !missing.includes(name)), ...unlisted];
  const folder = `era-${number}`;
  await Deno.mkdir(`${dir}/${folder}`, { recursive: true, mode: 0o750 });
  for (const name of files) await Deno.rename(`${dir}/${name}`, `${dir}/${folder}/${name}`);
  // What they say is of files that are gone from here; those to come begin with the same names.
  for (const name of [STATE_FILE, CLOSE_HOOK_FILE]) {
    await Deno.remove(`${dir}/${name}`).catch(() => {});
  }
  syncDirectory(`${dir}/${folder}`);
  syncDirectory(dir);
  const newest = order[order.length - 1] ?? moved.names[moved.names.length - 1];
  const gtidSet = newest ? endGtids(`${dir}/${folder}`, newest) : "";
  await recordEra(dir, identity, { number, folder, gtidSet, reason });
  return `${dir}/${folder}`;
}

/** What a folder holds of a history; nothing where there is no such folder. */
async function readHistory(dir: string): Promise<History> {
  try {
    const { names, indexes } = await readStoreFolder(dir);
    return { names, others: indexes };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { names: [], others: [] };
    throw error;
  }
}

function endGtids(dir: string, file: string): string {
  try {
    return readStoreGtids(`${dir}/${file}`, file).toString();
  } catch {
    return ""; // damaged at its end: the set can be had from the files with `binlogd list`
  }
}

async function recordEra(
  dir: string,
  identity: StoreIdentity,
  era: { number: number; folder: string; gtidSet: string; reason: string },
): Promise<void> {
  const { source, holes } = identity;
  identity.eras.push({
    ...era,
    ...(holes.length > 0 ? { holes } : {}),
    ...(source ? { source } : {}),
    time: new Date().toISOString(),
  });
  delete identity.source;
  identity.holes = [];
  await writeIdentity(dir, identity);
}
