import { parseBinlogFileName } from "./file_name.ts";

/** What a folder holds of a store. */
export interface StoreFolder {
  /** Binlog files in the order of their numbers. */
  names: string[];
  /** Index files; one that we write is named after the binlog files, see indexFileName. */
  indexes: string[];
}

/** Looks for the binlog files and their index in a folder. */
export function readStoreFolder(dir: string): Promise<StoreFolder> {
  return Promise.try(() => {
    const binlogs: { name: string; sequence: number }[] = [];
    const indexes: string[] = [];
    // Asynchronously each entry would be a call of its own: a tenth of a second for a few thousand.
    for (const { name, isFile } of Deno.readDirSync(dir)) {
      if (!isFile) continue;
      const parsed = parseBinlogFileName(name);
      if (parsed) binlogs.push({ name, sequence: parsed.sequence });
      else if (name.endsWith(".index") && !name.startsWith("binlogd")) indexes.push(name);
    }
    binlogs.sort((a, b) => a.sequence - b.sequence);
    return { names: binlogs.map(({ name }) => name), indexes };
  });
}
