import { parseBinlogFileName } from "./file_name.ts";

/** What a folder holds of a store. */
export interface StoreFolder {
  /** Binlog files in the order of their numbers. */
  names: string[];
  /** Index files; one that we write is named after the binlog files, see indexFileName. */
  indexes: string[];
}

/** Looks for the binlog files and their index in a folder. */
export async function readStoreFolder(dir: string): Promise<StoreFolder> {
  const folder: StoreFolder = { names: [], indexes: [] };
  for await (const { name, isFile } of Deno.readDir(dir)) {
    if (!isFile) continue;
    if (parseBinlogFileName(name)) folder.names.push(name);
    else if (name.endsWith(".index") && !name.startsWith("binlogd")) folder.indexes.push(name);
  }
  const sequence = (name: string): number => parseBinlogFileName(name)!.sequence;
  folder.names.sort((a, b) => sequence(a) - sequence(b));
  return folder;
}
