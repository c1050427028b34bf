import type { FileVerifier } from "./verify_file.ts";
import { finding } from "./verify_finding.ts";

/** Where a file stands among others. */
export interface FilePlace {
  /** The last one of its series, or the only one looked at. */
  newest: boolean;
  /** In a folder that a dump made. */
  inStore: boolean;
  /** A dump holds the lock of that store. */
  held: boolean;
}

/** Looks at what a file ends with, and at its in-use flag: the same may be right or wrong by place. */
export function checkEnding(verifier: FileVerifier, place: FilePlace): void {
  const { report, end, scan } = verifier;
  const { file } = report;
  const { newest, inStore, held } = place;
  const growing = newest && (held || (!inStore && report.inUse));
  const at = { file, position: scan.scanner.endPosition };
  const torn = scan.scanner.torn;
  const relay = scan.scanner.isRelayLog;
  switch (end) {
    case "torn": {
      const what = `an event of which ${torn!.available} bytes are there and ${torn!.missing} ` +
        `or more are missing`;
      const code = newest && held ? "being-written" : "torn";
      verifier.add(finding(code, what, { file, position: torn!.position }));
      break;
    }
    case "zeros": {
      const { position, size, damage } = verifier.zeros!;
      if (newest) {
        const code = held ? "being-written" : "torn";
        const what = `${size} bytes of zeros, as a crash leaves them, instead of an event`;
        verifier.add(finding(code, what, { file, position }));
      } else verifier.add(damage);
      break;
    }
    case "transaction":
      // A relay log goes on in its next file wherever the connection broke.
      if (relay) break;
      if (growing) {
        verifier.add(finding("being-written", "a transaction that is not complete yet", at));
      } else if (newest) {
        const what = `ends inside the transaction at ${scan.transactionStart}`;
        verifier.add(finding("open-transaction", what, at));
      } else {
        const what = `ends inside the transaction at ${scan.transactionStart}, and files follow`;
        verifier.add(finding("transaction", what, at));
      }
      break;
    case "open":
      if (!relay && (!newest || (!inStore && !report.inUse))) {
        const what = "ends without ROTATE_EVENT or STOP_EVENT: the source crashed, or the file " +
          "is an unfinished copy";
        verifier.add(finding("not-closed", what, at));
      }
      break;
    case "empty":
      if (growing) verifier.add(finding("being-written", "no event yet", at));
      else if (newest) verifier.add(finding("empty-file", "no event", at));
      else verifier.add(finding("torn", "no event, and files follow", at));
  }
  const closed = end === "rotate" || end === "stop";
  if (report.inUse && (!newest || inStore || closed)) {
    verifier.add(finding("in-use", "has the in-use flag of an active file", {
      file,
      position: IN_USE_POSITION,
      expected: "0",
      found: "1",
    }));
  }
}

/** Byte 21 of a file: the flags of its format description. */
const IN_USE_POSITION = 21;
