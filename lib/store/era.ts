import { finishEra } from "./era_finish.ts";
import { newIdentity, readIdentity, type StoreIdentity, writeIdentity } from "./identity.ts";
import { readStoreFolder } from "./store_folder.ts";
import { readStoreGtids } from "./store_gtids.ts";
import { readStoreOrder } from "./store_order.ts";

/**
 * Moves a store's binlog files to DIR/era-N, with what is known of their source, so that another
 * history can begin beside them. What is to be done is written into the identity first: interrupted
 * from there on, it is for {@link finishEra}, which is to come before another move. The folder is a
 * new one. Returns it, or undefined where there was nothing to move.
 */
export async function moveToEra(dir: string, reason: string): Promise<string | undefined> {
  const { names, indexes } = await readStoreFolder(dir);
  if (names.length === 0 && indexes.length === 0) return undefined;
  // Files that have lost their identity are a history all the same, of a source not known.
  const identity = await readIdentity(dir) ?? newIdentity();
  const number = await freeNumber(dir, identity);
  const { source, holes } = identity;
  identity.eras.push({
    number,
    folder: `era-${number}`,
    begun: true,
    gtidSet: await endGtids(dir),
    reason,
    ...(holes.length > 0 ? { holes } : {}),
    ...(source ? { source } : {}),
    time: new Date().toISOString(),
  });
  await writeIdentity(dir, identity);
  return await finishEra(dir);
}

/** The number of the next era: a folder that is there may hold a history that no identity names. */
async function freeNumber(dir: string, identity: StoreIdentity): Promise<number> {
  let number = Math.max(0, ...identity.eras.map((era) => era.number)) + 1;
  while (await isThere(`${dir}/era-${number}`)) number++;
  return number;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function endGtids(dir: string): Promise<string> {
  const { listed, missing, unlisted } = await readStoreOrder(dir);
  const order = [...listed.filter((name) => !missing.includes(name)), ...unlisted];
  const newest = order[order.length - 1];
  if (newest === undefined) return "";
  try {
    return readStoreGtids(`${dir}/${newest}`, newest).toString();
  } catch {
    return ""; // damaged at its end: the set can be had from the files with `binlogd list`
  }
}
