import type { GtidSet } from "../gtid/gtid_set.ts";
import { IntervalSet } from "../gtid/interval_set.ts";
import { parseBinlogFileName } from "../store/file_name.ts";
import type { StoreHole } from "../store/identity.ts";
import { type FileVerifier, shorten } from "./verify_file.ts";
import { type Finding, finding } from "./verify_finding.ts";

/** Last sequence number by `domain-server`, as MariaDB's GTID_LIST keeps it. */
type LastSequences = Map<string, bigint>;

/**
 * Compares each file with the one before it: numbers without a gap, the rotate event names what
 * follows, and the GTIDs that a file says came before it are those of the files before.
 */
export class ChainCheck {
  readonly #holes: readonly StoreHole[];
  #last: { file: string; nextFile: string | undefined } | undefined;
  /** All transactions up to the end of the last file; undefined where that is not known. */
  #mysql: GtidSet | undefined;
  #mariadb: LastSequences | undefined;

  constructor(holes: readonly StoreHole[] = []) {
    this.#holes = holes;
  }

  /** Takes the next file in order, read as far as it can be. */
  next(verifier: FileVerifier): void {
    const { file } = verifier.report;
    const whole = this.#follows(verifier, file);
    if (!whole) this.#mysql = this.#mariadb = undefined;
    // The heads in a relay log are those of two servers.
    if (verifier.scan.scanner.isRelayLog) this.#mysql = this.#mariadb = undefined;
    else if (verifier.isMariadb) this.#checkMariadb(verifier);
    else this.#checkMysql(verifier);
    this.#last = { file, nextFile: verifier.scan.nextFile?.split(/[/\\]/).pop() };
    const { end } = verifier;
    const damaged = end === "unknown" || end === "torn" || end === "zeros";
    if (damaged) this.#mysql = this.#mariadb = undefined;
  }

  /** Whether nothing is missing between the last file and this one. */
  #follows(verifier: FileVerifier, file: string): boolean {
    const last = this.#last;
    if (!last) return false;
    const before = parseBinlogFileName(last.file);
    const here = parseBinlogFileName(file);
    if (!before || !here) return true;
    const hole = this.#holes.find((entry) => entry.nextFile === file);
    if (hole) {
      const what = `${hole.afterFile}:${hole.afterPosition} to ${file} is not to be had: ` +
        hole.reason;
      verifier.add(finding("hole", what, { file }));
      return false;
    }
    // A log_bin that was changed begins to count anew.
    if (here.base === before.base && here.sequence !== before.sequence + 1) {
      const gap = here.sequence - before.sequence - 1;
      const message = gap < 0
        ? `comes after ${last.file}`
        : `${gap} ${gap === 1 ? "file is" : "files are"} missing between ${last.file} and this one`;
      verifier.add(finding("missing-file", message, {
        file,
        expected: last.nextFile ?? `number ${before.sequence + 1}`,
        found: file,
      }));
      return false;
    }
    if (last.nextFile !== undefined && last.nextFile !== file) {
      verifier.add(finding("rotate-name", `the rotate event of ${last.file} names another file`, {
        file,
        expected: last.nextFile,
        found: file,
      }));
    }
    return true;
  }

  #checkMysql(verifier: FileVerifier): void {
    const { file } = verifier.report;
    const { previousMysql: previous, gtids } = verifier.scan;
    const known = this.#mysql;
    if (previous && known) {
      const lost = known.clone().subtract(previous);
      const more = previous.clone().subtract(known);
      if (!lost.isEmpty) {
        const what = "the head of the file leaves out GTIDs of the files before it";
        verifier.add(finding("gtid-lost", what, { file, found: shorten(lost.toString()) }));
      }
      if (!more.isEmpty) {
        const what = "the head of the file names GTIDs that are in no file";
        verifier.add(finding("gtid-in-no-file", what, { file, found: shorten(more.toString()) }));
      }
    }
    this.#mysql = previous?.clone().union(gtids.mysql);
  }

  #checkMariadb(verifier: FileVerifier): void {
    const { file } = verifier.report;
    const { previousMariadb: previous, gtids } = verifier.scan;
    if (!previous) {
      this.#mariadb = undefined;
      return;
    }
    const head: LastSequences = new Map();
    for (const { domain, serverId, sequence } of previous) {
      head.set(`${domain}-${serverId}`, sequence);
    }
    this.#compareHeads(verifier, head);
    const add = (found: Finding): void => verifier.add(found);
    checkSequenceGaps(file, head, gtids.mariadb.entries(), add);
    for (const { domain, serverId, ranges } of gtids.mariadb.entries()) {
      const key = `${domain}-${serverId}`;
      const last = ranges.ranges[ranges.ranges.length - 1]!.end - 1n;
      if (last > (head.get(key) ?? -1n)) head.set(key, last);
    }
    this.#mariadb = head;
  }

  #compareHeads(verifier: FileVerifier, head: LastSequences): void {
    const known = this.#mariadb;
    if (!known) return;
    const { file } = verifier.report;
    for (const [key, last] of known) {
      const said = head.get(key);
      const details = { file, expected: `${key}-${last}`, found: `${key}-${said ?? "none"}` };
      if (said === undefined) {
        // FLUSH BINARY LOGS DELETE_DOMAIN_ID takes a domain out on purpose.
        const what = `the head of the file no longer names ${key}`;
        verifier.add(finding("gtid-in-no-file", what, details));
      } else if (said < last) {
        const what = "the head of the file leaves out GTIDs of the files before it";
        verifier.add(finding("gtid-lost", what, details));
      }
    }
    for (const [key, said] of head) {
      const last = known.get(key);
      if (last !== undefined && said <= last) continue;
      const what = "the head of the file names GTIDs that are in no file";
      verifier.add(finding("gtid-in-no-file", what, {
        file,
        expected: `${key}-${last ?? "none"}`,
        found: `${key}-${said}`,
      }));
    }
  }
}

/** In a domain sequence numbers go up by one, whichever servers write there. */
function checkSequenceGaps(
  file: string,
  head: LastSequences,
  added: Iterable<{ domain: number; ranges: IntervalSet }>,
  add: (found: Finding) => void,
): void {
  const domains = new Map<number, IntervalSet>();
  for (const { domain, ranges } of added) {
    const all = domains.get(domain) ?? new IntervalSet();
    for (const { start, end } of ranges.ranges) all.add(start, end);
    domains.set(domain, all);
  }
  for (const [domain, all] of domains) {
    let last = -1n;
    for (const [key, sequence] of head) {
      if (key.startsWith(`${domain}-`) && sequence > last) last = sequence;
    }
    let next = last < 0n ? all.ranges[0]!.start : last + 1n;
    for (const { start, end } of all.ranges) {
      if (start > next) {
        const message = `sequence numbers ${next} to ${start - 1n} of domain ${domain} are missing`;
        add(finding("sequence-gap", message, { file }));
      }
      if (end > next) next = end;
    }
  }
}
