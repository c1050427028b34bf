/**
 * How bad a finding is. `fault`: bytes or files are damaged, missing or contradict each other.
 * `warning`: odd, with harmless explanations; --strict makes it a fault. `note`: as it should be,
 * but worth knowing.
 */
export type Severity = "fault" | "warning" | "note";

/** What verify looks for, and how bad it is; docs/verify.md says the same in words. */
export const FINDINGS = {
  "unreadable": "fault",
  "bad-magic": "fault",
  "encrypted": "fault",
  "damaged-event": "fault",
  "torn": "fault",
  "order": "fault",
  "transaction": "fault",
  "rotate-name": "fault",
  "gtid-repeated": "fault",
  "gtid-lost": "fault",
  "missing-file": "fault",
  "index": "fault",
  "identity": "fault",
  "state": "fault",
  "file-index": "fault",
  "source-size": "fault",
  "source-bytes": "fault",
  "gtid-in-no-file": "warning",
  "sequence-gap": "warning",
  "in-use": "warning",
  "not-closed": "warning",
  "open-transaction": "warning",
  "empty-file": "warning",
  "transaction-length": "warning",
  "unknown-event": "warning",
  "incident": "warning",
  "unlisted": "warning",
  "state-missing": "warning",
  "leftover": "warning",
  "source-missing": "note",
  "behind": "note",
  "being-written": "note",
  "hole": "note",
  "repaired": "note",
} as const satisfies Record<string, Severity>;

/** Name of a kind of finding; stable, for scripts. */
export type FindingCode = keyof typeof FINDINGS;

/** One thing that verify found. */
export interface Finding {
  severity: Severity;
  code: FindingCode;
  message: string;
  /** File it is about, a binlog or one of the store's own. */
  file?: string;
  /** Byte position in that file. */
  position?: number;
  expected?: string;
  found?: string;
}

/** Makes a finding; its severity follows from the code. */
export function finding(
  code: FindingCode,
  message: string,
  details: { file?: string; position?: number; expected?: string; found?: string } = {},
): Finding {
  return { severity: FINDINGS[code], code, message, ...details };
}
