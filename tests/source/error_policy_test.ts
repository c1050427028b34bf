/** Every rule of the table by a text that a server really sends, and what follows from it. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  AuthError,
  BinlogdError,
  ConnectionError,
  DivergenceError,
  FormatError,
  ProtocolError,
  ServerError,
  StoreError,
  StoreIoError,
  UsageError,
} from "../../lib/errors.ts";
import { decodeErr, encodeErr } from "../../lib/protocol/response.ts";
import {
  decide,
  type Decision,
  ERROR_RULES,
  errorRulesMarkdown,
  explain,
  findRule,
} from "../../lib/source/error_policy.ts";

const SUFFIX =
  "; the first event 'binlog.000001' at 4, the last event read from './binlog.000001' " +
  "at 126, the last byte read from './binlog.000001' at 126.";

/** Code, text as MySQL or MariaDB sends it, decision, and a part of the meaning. */
const CASES: [number, string, Decision, string][] = [
  [
    1236,
    "A replica with the same server_uuid/server_id as this replica has connected to the source" +
    SUFFIX,
    "wait",
    "another client",
  ],
  [
    1236,
    "A slave with the same server_uuid/server_id as this slave has connected to the master" +
    SUFFIX,
    "wait",
    "another client",
  ],
  [4052, "A slave with the same server_id is already connected", "wait", "another client"],
  [
    1236,
    "Could not find first log file name in binary log index file",
    "stop",
    "does not have the file",
  ],
  [1236, "Could not open log file" + SUFFIX, "stop", "does not have the file"],
  [
    1236,
    "Cannot replicate because the source purged required binary logs. Replicate the missing " +
    "transactions from elsewhere",
    "stop",
    "purged",
  ],
  [
    1236,
    "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has " +
    "purged binary logs containing GTIDs that the slave requires.",
    "stop",
    "purged",
  ],
  [
    1236,
    "Could not find GTID state requested by slave in any binlog files. Probably the slave state " +
    "is too old and required binlog files have been purged.",
    "stop",
    "purged",
  ],
  [
    1236,
    "Client requested source to start replication from position > file size" + SUFFIX,
    "stop",
    "shorter",
  ],
  [
    1236,
    "Client requested master to start replication from impossible position" + SUFFIX,
    "stop",
    "shorter",
  ],
  [1236, "Client requested source to start replication from position < 4", "stop", "shorter"],
  [
    1236,
    "Replica can not handle replication events with the checksum that source is configured to log",
    "stop",
    "checksums are understood",
  ],
  [1236, "Binary log is not open", "stop", "is off"],
  [
    1236,
    "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source" + SUFFIX,
    "wait",
    "larger than the source lets out",
  ],
  [1236, "bogus data in log event" + SUFFIX, "wait", "read its own binlog"],
  [1236, "event read from binlog did not pass crc check" + SUFFIX, "wait", "read its own binlog"],
  [
    1236,
    "binlog truncated in the middle of event; consider out of disk space on master" + SUFFIX,
    "wait",
    "read its own binlog",
  ],
  [1236, "event decryption failure" + SUFFIX, "wait", "read its own binlog"],
  [1236, "could not find next log" + SUFFIX, "wait", "refuses the dump"],
  [1236, "something nobody has thought of", "wait", "refuses the dump"],
  [1381, "You are not using binary logging", "stop", "is off"],
  [
    1227,
    "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s) for this operation",
    "wait",
    "privilege",
  ],
  [1142, "SELECT command denied to user 'repl'@'%' for table 'user'", "wait", "privilege"],
  [1044, "Access denied for user 'repl'@'%' to database 'mysql'", "wait", "privilege"],
  [1045, "Access denied for user 'repl'@'%' (using password: YES)", "wait", "wrong user"],
  [1820, "You must SET PASSWORD before executing this statement", "wait", "has expired"],
  [1862, "Your password has expired. To log in you must change it", "wait", "has expired"],
  [1130, "Host '10.0.0.1' is not allowed to connect to this MySQL server", "wait", "this host"],
  [1040, "Too many connections", "retry", "too many connections"],
  [1203, "User repl already has more than 'max_user_connections'", "retry", "too many"],
  [
    1226,
    "User 'repl' has exceeded the 'max_user_connections' resource (current value: 1)",
    "retry",
    "too many",
  ],
  [1053, "Server shutdown in progress", "retry", "shutting down"],
  [1077, "mysqld: Normal shutdown", "retry", "shutting down"],
  [1079, "mysqld: Shutdown complete", "retry", "shutting down"],
  [1927, "Connection was killed", "retry", "killed"],
  [3168, "Server isn't available", "retry", "not ready"],
];

function sent(code: number, message: string): ServerError {
  return decodeErr(encodeErr({ code, sqlState: "HY000", message }));
}

for (const [code, text, decision, meaning] of CASES) {
  Deno.test(`${code} ${text.slice(0, 60)}: ${decision}`, () => {
    const error = sent(code, text);
    assertStringIncludes(findRule(code, error.message)?.meaning ?? "", meaning);
    assertEquals(decide(error, true), decision);
    // At the very first connection what needs a person is told at once.
    assertEquals(decide(error, false), decision === "wait" ? "stop" : decision);
    const explained = explain(error, "mysql");
    assertInstanceOf(explained, ServerError);
    assertStringIncludes(explained.message, meaning);
    assertStringIncludes(explained.message, text);
    assertEquals([explained.details.code, explained.details.sqlState], [code, "HY000"]);
    assertEquals(decide(explained, true), decision, "explained, it means the same");
  });
}

Deno.test("each rule of the table is reached by one of these texts", () => {
  const reached = new Set(CASES.map(([code, text]) => findRule(code, text)));
  const idle = ERROR_RULES.filter((rule) => !reached.has(rule));
  assertEquals(idle.map(({ code, text }) => `${code} ${text}`), []);
});

Deno.test("what the table does not know waits, but stops a first connection", () => {
  const error = sent(1064, "You have an error in your SQL syntax");
  assertEquals(findRule(1064, error.message), undefined);
  assertEquals([decide(error, true), decide(error, false)], ["wait", "stop"]);
  assertEquals(explain(error, "mysql"), error);
});

Deno.test("errors without a code are retried as their class says", () => {
  const retried = [ConnectionError, ProtocolError, StoreIoError];
  const final = [StoreError, DivergenceError, FormatError, UsageError, BinlogdError];
  for (const kind of retried) {
    assertEquals([decide(new kind("x"), true), decide(new kind("x"), false)], ["retry", "retry"]);
  }
  for (const kind of final) {
    assertEquals([decide(new kind("x"), true), decide(new kind("x"), false)], ["stop", "stop"]);
  }
  assertEquals(decide(new TypeError("a bug"), true), "stop");
  assertEquals(decide("text", true), "stop");
});

Deno.test("a login that was refused waits after one that worked, and a full server is tried again", () => {
  assertEquals(decide(new AuthError("the certificate is another"), true), "wait");
  const refused = new AuthError("no", { code: 1045 });
  assertEquals([decide(refused, true), decide(refused, false)], ["wait", "stop"]);
  const full = new ConnectionError("full", { code: 1040 });
  assertEquals([decide(full, true), decide(full, false)], ["retry", "retry"]);
});

Deno.test("an explanation keeps the hint of the error where the rule has none", () => {
  const error = new ServerError("Server error 1236: required binary logs were purged", {
    code: 1236,
    found: "required binary logs were purged",
    hint: "what we found out",
  });
  const explained = explain(error, "mariadb");
  assertInstanceOf(explained, ServerError);
  assertEquals(explained.details.hint, "what we found out");
  assertEquals(explained.details.cause, error);
  const other = new ConnectionError("gone");
  assertEquals(explain(other, "mysql"), other);
});

Deno.test("the table has a row for each rule and no cell that ends too early", () => {
  const rows = errorRulesMarkdown().trim().split("\n");
  assertEquals(rows.length, ERROR_RULES.length + 2);
  for (const row of rows.slice(2)) {
    assertEquals(row.replaceAll("\\|", "").split("|").length, 6, row);
    assert(/\| (stop|retry|wait) \|/.test(row), row);
  }
});
