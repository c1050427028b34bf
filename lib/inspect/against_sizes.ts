import { parseBinlogFileName } from "../store/file_name.ts";
import type { FileReport } from "./verify_file.ts";
import { type Finding, finding } from "./verify_finding.ts";

/** Header of an encrypted file on a MySQL server, which SHOW BINARY LOGS counts and a copy lacks. */
const ENCRYPTION_HEADER_SIZE = 512;

/** A row of SHOW BINARY LOGS. */
export interface SourceFileSize {
  name: string;
  size: number;
  encrypted: boolean;
}

/** Reads the rows of SHOW BINARY LOGS: Log_name, File_size and, on MySQL 8, Encrypted. */
export function readSourceFiles(
  rows: readonly (readonly (string | null | undefined)[])[],
): SourceFileSize[] {
  return rows.map(([name, size, encrypted]) => ({
    name: name ?? "",
    size: Number(size),
    encrypted: encrypted?.toLowerCase() === "yes",
  }));
}

/**
 * Compares the files of a folder with those of their source. Closed files must be of the same size;
 * the newest may still be shorter than the source's, or the source's be growing.
 */
export function compareSizes(
  reports: readonly FileReport[],
  source: readonly SourceFileSize[],
): Finding[] {
  const found: Finding[] = [];
  const newest = reports[reports.length - 1]?.file;
  const active = source[source.length - 1]?.name;
  for (const { file, size } of reports) {
    const theirs = source.find(({ name }) => name === file);
    if (!theirs) {
      found.push(finding("source-missing", "the source no longer has this file", { file }));
      continue;
    }
    const expected = theirs.size - (theirs.encrypted ? ENCRYPTION_HEADER_SIZE : 0);
    const details = { file, expected: String(expected), found: String(size) };
    if (file === active) {
      // The source may have gone on since it was asked.
      continue;
    }
    if (file === newest && size < expected) {
      found.push(finding("behind", "the source has more of this file", details));
    } else if (size !== expected) {
      found.push(finding("source-size", "the source's file is of another size", details));
    }
  }
  const sequence = (name: string): number => parseBinlogFileName(name)?.sequence ?? 0;
  const more = source.filter(({ name }) =>
    newest !== undefined && sequence(name) > sequence(newest)
  );
  if (more.length > 0) {
    const what = `the source has ${more.length} files after ${newest}`;
    found.push(finding("behind", what, { file: more[0]!.name }));
  }
  return found;
}
