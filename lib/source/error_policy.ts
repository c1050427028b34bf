import { AuthError, BinlogdError, ServerError } from "../errors.ts";
import type { Flavour } from "../store/identity.ts";

/**
 * What to do about an error: give up; connect again soon; or connect again with long pauses, since
 * only somebody else can change things.
 */
export type Decision = "stop" | "retry" | "wait";

/** One row of the table. */
export interface ErrorRule {
  code: number;
  /** What its text has to contain. */
  text?: RegExp;
  decision: Decision;
  /** What happened, in a few words. */
  meaning: string;
  hint?: string;
}

/** ER_MASTER_FATAL_ERROR_READING_BINLOG, the source's "you can't have that". */
export const FATAL_READING_BINLOG = 1236;

/**
 * Server errors during a dump and what binlogd does about each; first match wins. Codes from
 * MySQL's and MariaDB's error lists; texts of 1236 from sql/rpl_binlog_sender.cc and sql_repl.cc.
 */
export const ERROR_RULES: readonly ErrorRule[] = [
  {
    code: 1236,
    text: /same server_uuid\/server_id|same server_id|slave with the same/i,
    decision: "wait",
    meaning: "another client with our server_id or UUID connected, and the source ended our dump",
    hint: "two dumpers or replicas share an identity: give one another --server-id, and do not " +
      "copy a store's binlogd.identity.json",
  },
  {
    code: 4052,
    decision: "wait",
    meaning: "another client with our server_id or UUID connected, and the source ended our dump",
    hint: "two dumpers or replicas share an identity: give one another --server-id, and do not " +
      "copy a store's binlogd.identity.json",
  },
  {
    // First, since MariaDB's text for it also tells of a file that could not be found.
    code: 1236,
    text: /purged/i,
    decision: "stop",
    meaning: "the source purged binlogs that we need",
  },
  {
    code: 1236,
    text: /could not find first log|could not find.*log file|Could not open log file/i,
    decision: "stop",
    meaning: "the source does not have the file we asked for",
    hint: "it was purged or the source was reset",
  },
  {
    code: 1236,
    text: /position > file size|impossible position|position <|from impossible/i,
    decision: "stop",
    meaning: "the source's file is shorter than the store's",
  },
  {
    code: 1236,
    text: /checksum that/i,
    decision: "stop",
    meaning: "the source did not take our word that checksums are understood",
  },
  {
    code: 1236,
    text: /not open|not enabled/i,
    decision: "stop",
    meaning: "the binary log of the source is off",
    hint: "start the source with log_bin",
  },
  {
    code: 1236,
    text: /exceeded max_allowed_packet/i,
    decision: "wait",
    meaning: "an event is larger than the source lets out, or its binlog is damaged",
    hint:
      "SET GLOBAL max_allowed_packet = 1073741824 on the source; if that does not help, check " +
      "the file there with mysqlbinlog --verify-binlog-checksum",
  },
  {
    code: 1236,
    text: /crc check|bogus data|truncated in the middle|decryption failure/i,
    decision: "wait",
    meaning: "the source can't read its own binlog",
    hint: "check the file on the source with mysqlbinlog --verify-binlog-checksum",
  },
  { code: 1236, decision: "wait", meaning: "the source refuses the dump" },
  {
    code: 1381,
    decision: "stop",
    meaning: "the binary log of the source is off",
    hint: "start the source with log_bin",
  },
  {
    code: 1227,
    decision: "wait",
    meaning: "a privilege is missing",
    hint: "on the source: GRANT REPLICATION SLAVE ON *.* TO the account",
  },
  { code: 1142, decision: "wait", meaning: "a privilege is missing" },
  { code: 1044, decision: "wait", meaning: "a privilege is missing" },
  { code: 1045, decision: "wait", meaning: "wrong user or password" },
  {
    code: 1820,
    decision: "wait",
    meaning: "the account's password has expired",
    hint: "on the source: ALTER USER … IDENTIFIED BY …, and give us the new password",
  },
  {
    code: 1862,
    decision: "wait",
    meaning: "the account's password has expired",
    hint: "on the source: ALTER USER … IDENTIFIED BY …, and give us the new password",
  },
  { code: 1130, decision: "wait", meaning: "the source does not let this host in" },
  { code: 1040, decision: "retry", meaning: "the source has too many connections" },
  { code: 1203, decision: "retry", meaning: "the account has too many connections" },
  {
    code: 1226,
    text: /max_user_connections/i,
    decision: "retry",
    meaning: "the account has too many connections",
  },
  { code: 1053, decision: "retry", meaning: "the source is shutting down" },
  { code: 1077, decision: "retry", meaning: "the source is shutting down" },
  { code: 1079, decision: "retry", meaning: "the source is shutting down" },
  { code: 1927, decision: "retry", meaning: "the connection was killed on the source" },
  { code: 3168, decision: "retry", meaning: "the source is not ready" },
];

/** The rule for a server error; undefined where the table has none. */
export function findRule(code: number, message: string): ErrorRule | undefined {
  return ERROR_RULES.find((rule) => rule.code === code && (!rule.text || rule.text.test(message)));
}

/**
 * What to do about an error. `workedBefore`: what it happened in, the login or the dump behind it, has
 * worked once in this run; at the very first time what needs a person is fatal.
 */
export function decide(error: unknown, workedBefore: boolean): Decision {
  if (!(error instanceof BinlogdError)) return "stop";
  const code = error.details.code;
  if (code !== undefined) {
    const rule = findRule(code, error.message);
    const decision = rule?.decision ?? (error.retriable ? "retry" : "wait");
    return decision === "wait" && !workedBefore ? "stop" : decision;
  }
  // TLS that worked and does not now is a slip on the source: a certificate that was changed.
  if (error instanceof AuthError && workedBefore) return "wait";
  return error.retriable ? "retry" : "stop";
}

/** An ERR packet of the dump with meaning and hint from the table. */
export function explain(error: unknown, _flavour: Flavour): unknown {
  if (!(error instanceof ServerError) || error.details.code === undefined) return error;
  const rule = findRule(error.details.code, error.message);
  if (!rule) return error;
  const hint = rule.hint ?? error.details.hint;
  return new ServerError(
    `The source ended the dump: ${rule.meaning}. It says: ${error.details.found}`,
    {
      ...error.details,
      cause: error,
      ...(hint ? { hint } : {}),
    },
  );
}

/** The table as Markdown, for the documentation. */
export function errorRulesMarkdown(): string {
  const lines = ["| error | text | binlogd | meaning |", "|---|---|---|---|"];
  for (const { code, text, decision, meaning } of ERROR_RULES) {
    const pattern = text ? `\`${text.source.replaceAll("|", "\\|")}\`` : "";
    lines.push(`| ${code} | ${pattern} | ${decision} | ${meaning} |`);
  }
  return lines.join("\n") + "\n";
}
