import { parseBinlogFileName } from "../store/file_name.ts";
import { readIndexFile } from "../store/index_file.ts";

function sequenceOf(name: string): number {
  return parseBinlogFileName(name)!.sequence;
}

/**
 * Names of the binlog files in a folder, in order: that of the index file where there is one, and
 * behind it newer files that are not in it yet; else by number. Where files of several base names
 * lie together and no index tells, those of the base name with the most files are taken.
 */
export async function listBinlogFiles(dir: string): Promise<string[]> {
  const series = new Map<string, string[]>();
  const indexes: string[] = [];
  for await (const { name, isFile, isSymlink } of Deno.readDir(dir)) {
    if (!isFile && !isSymlink) continue;
    const parsed = parseBinlogFileName(name);
    if (parsed) series.set(parsed.base, [...series.get(parsed.base) ?? [], name]);
    else if (name.endsWith(".index") && !name.startsWith("binlogd")) indexes.push(name);
  }
  const there = new Set([...series.values()].flat());
  const lists: string[][] = [];
  for (const index of indexes.sort()) {
    lists.push((await readIndexFile(`${dir}/${index}`)).filter((name) => there.has(name)));
  }
  // An index that a longer one has taken the place of may be left.
  const listed = lists.sort((a, b) => b.length - a.length)[0] ?? [];
  const last = listed[listed.length - 1];
  if (last !== undefined) {
    const base = parseBinlogFileName(last)!.base;
    const newer = series.get(base)!.filter((name) => sequenceOf(name) > sequenceOf(last));
    return [...listed, ...newer.sort((a, b) => sequenceOf(a) - sequenceOf(b))];
  }
  const largest = [...series.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  return largest.sort((a, b) => sequenceOf(a) - sequenceOf(b));
}
