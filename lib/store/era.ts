import { StoreError } from "../errors.ts";
import { parseBinlogFileName } from "./file_name.ts";
import { readIdentity, type StoreIdentity, writeIdentity } from "./identity.ts";
import { STATE_FILE } from "./store_state.ts";
import { readStoreGtids } from "./store_gtids.ts";
import { syncDirectory } from "./sync_directory.ts";

/**
 * Moves a store's binlog files to DIR/era-N, with what is known of their source, so that another
 * history can begin beside them. Interrupted, it is finished by being asked for again. Returns the
 * folder, or undefined where there was nothing to move.
 */
export async function moveToEra(dir: string, reason: string): Promise<string | undefined> {
  const identity = await readIdentity(dir);
  if (!identity) return undefined;
  const names: string[] = [];
  const others: string[] = [];
  for await (const entry of Deno.readDir(dir)) {
    if (!entry.isFile) continue;
    if (parseBinlogFileName(entry.name)) names.push(entry.name);
    else if (entry.name.endsWith(".index") && !entry.name.startsWith("binlogd")) {
      others.push(entry.name);
    }
  }
  if (names.length === 0 && others.length === 0) return undefined;
  const number = identity.eras.length + 1;
  const folder = `era-${number}`;
  await Deno.mkdir(`${dir}/${folder}`, { recursive: true, mode: 0o750 });
  names.sort((a, b) => parseBinlogFileName(a)!.sequence - parseBinlogFileName(b)!.sequence);
  const newest = names[names.length - 1];
  const gtidSet = newest ? endGtids(dir, newest) : "";
  for (const name of [...names, ...others]) {
    await Deno.rename(`${dir}/${name}`, `${dir}/${folder}/${name}`);
  }
  await Deno.remove(`${dir}/${STATE_FILE}`).catch(() => {});
  syncDirectory(`${dir}/${folder}`);
  syncDirectory(dir);
  await recordEra(dir, identity, { number, folder, gtidSet, reason });
  return `${dir}/${folder}`;
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
  const source = identity.source;
  if (!source) throw new StoreError(`${dir} has files, but no source is known for them`);
  identity.eras.push({ ...era, source, time: new Date().toISOString() });
  delete identity.source;
  identity.holes = [];
  await writeIdentity(dir, identity);
}
