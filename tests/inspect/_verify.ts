import { BINLOG_MAGIC } from "../../lib/binlog/event_header.ts";
import type { SyncReader } from "../../lib/binlog/event_scanner.ts";
import { checkEnding, type FilePlace } from "../../lib/inspect/verify_ending.ts";
import { FileVerifier } from "../../lib/inspect/verify_file.ts";
import type { Finding } from "../../lib/inspect/verify_finding.ts";

/** A newest file in a store that no dump writes to. */
export const NEWEST: FilePlace = { newest: true, inStore: true, held: false };
/** A file that others follow. */
export const CLOSED: FilePlace = { newest: false, inStore: true, held: false };

/** Gives out bytes like a file. */
export function readerOf(bytes: Uint8Array): Required<Omit<SyncReader, "has">> {
  let at = 0;
  return {
    readSync(buffer): number | null {
      const size = Math.min(buffer.length, bytes.length - at);
      buffer.set(bytes.subarray(at, at + size));
      at += size;
      return size || null;
    },
    seekSync(offset): number {
      return at = offset;
    },
  };
}

/** Verifies bytes as a file in some place. */
export function verifyBytes(bytes: Uint8Array, place: FilePlace, file = "b.000001"): FileVerifier {
  const verifier = new FileVerifier(readerOf(bytes), file);
  while (verifier.run(1 << 30));
  checkEnding(verifier, place);
  verifier.finish(bytes.length);
  return verifier;
}

/** What was found in a file. */
export function findingsOf(bytes: Uint8Array, place: FilePlace = CLOSED): Finding[] {
  return verifyBytes(bytes, place).report.findings;
}

/** Codes of what was found. */
export function codesOf(bytes: Uint8Array, place: FilePlace = CLOSED): string[] {
  return findingsOf(bytes, place).map(({ code }) => code);
}

/** Ends of the events of a file without damage. */
export function eventEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const ends: number[] = [];
  for (let at = BINLOG_MAGIC.length; at < bytes.length;) {
    at += view.getUint32(at + 9, true);
    ends.push(at);
  }
  return ends;
}
