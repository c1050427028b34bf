/** What is said when a source can't go on where the store ends. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GtidTracker } from "../../lib/binlog/gtid_event.ts";
import { ConnectionError, DivergenceError, FormatError } from "../../lib/errors.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { MariadbPosition } from "../../lib/gtid/mariadb_position.ts";
import { decodeErr, encodeErr } from "../../lib/protocol/response.ts";
import {
  gapError,
  isMissingFile,
  isNonsense,
  isShorterSource,
  judgeGap,
  mayFollow,
  otherServerError,
  shorterSourceError,
} from "../../lib/source/gap.ts";
import type { SourceIdentity } from "../../lib/store/identity.ts";
import type { Store } from "../../lib/store/store.ts";

const SOURCE: SourceIdentity = {
  flavour: "mysql",
  version: "9.7.4",
  address: "db1:3306",
  serverId: 1,
  serverUuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562",
};
const OTHER: SourceIdentity = {
  ...SOURCE,
  serverId: 2,
  serverUuid: "4e11fa47-71ca-11e1-9e33-c80aa9429562",
};

function storeOf(file: string, nextFile?: string, source: SourceIdentity | undefined = SOURCE) {
  return {
    last: { file, nextFile, eventEnd: 900, transactionEnd: 900, previousTransactionEnd: 700 },
    identity: { source },
  } as unknown as Store;
}

function sent(message: string, code = 1236): Error {
  return decodeErr(encodeErr({ code, sqlState: "HY000", message }));
}
const MISSING = sent("Could not find first log file name in binary log index file");
const SHORT = sent("Client requested source to start replication from position > file size");

Deno.test("a missing file and a shorter one are told apart, by code and text", () => {
  assertEquals([isMissingFile(MISSING), isShorterSource(MISSING)], [true, false]);
  assertEquals([isMissingFile(SHORT), isShorterSource(SHORT)], [false, true]);
  const impossible = sent("Client requested master to start replication from impossible position");
  assert(isShorterSource(impossible));
  for (const error of [sent("Binary log is not open"), sent(MISSING.message, 1064)]) {
    assertEquals([isMissingFile(error), isShorterSource(error)], [false, false]);
  }
  const connection = new ConnectionError(MISSING.message);
  assertEquals([isMissingFile(connection), isShorterSource(connection)], [false, false]);
});

Deno.test("the oldest file of the source is the next, later, or of another history", () => {
  const verdicts = [
    ["binlog.000007", "binlog.000008", "binlog.000008", "next"],
    ["binlog.999999", "binlog.1000000", "binlog.1000000", "next"],
    ["binlog.000007", "binlog.000008", "binlog.000009", "purged"],
    // The store's last file is not complete, so something of it is missing.
    ["binlog.000007", undefined, "binlog.000008", "purged"],
    ["binlog.999999", undefined, "binlog.1000001", "purged"],
    ["binlog.000007", undefined, "binlog.000001", "replaced"],
    ["binlog.000007", undefined, "binlog.000007", "replaced"],
    ["binlog.000007", undefined, "mysql-bin.000009", "replaced"],
    ["binlog.000007", undefined, "../binlog.000009", "replaced"],
  ] as const;
  for (const [file, next, oldest, kind] of verdicts) {
    assertEquals(judgeGap(storeOf(file, next), oldest).kind, kind, `${file}, ${oldest}`);
  }
});

Deno.test("a gap names both sides and the one command that goes on", () => {
  const store = storeOf("binlog.000007");
  const purged = gapError(store, judgeGap(store, "binlog.000012"), MISSING);
  assert(purged instanceof DivergenceError);
  for (const part of ["binlog.000007", "900", "db1:3306", SOURCE.serverUuid!, "binlog.000012"]) {
    assertStringIncludes(purged.message, part);
  }
  assertStringIncludes(purged.details.hint!, "--on-gap=continue");
  assertEquals([purged.details.file, purged.details.position], ["binlog.000007", 900]);
  assertEquals([purged.details.cause, purged.exitCode], [MISSING, 7]);

  const replaced = gapError(store, judgeGap(store, "binlog.000001"), MISSING);
  assertStringIncludes(replaced.message, "begins with binlog.000001");
  assertStringIncludes(replaced.details.hint!, "--new-era");
  // The store of a source that nothing is known of names none.
  const unknown = { ...storeOf("binlog.000007"), identity: {} } as unknown as Store;
  assert(!gapError(unknown, judgeGap(unknown, "binlog.000012"), MISSING).message.includes("from "));
});

Deno.test("a shorter source is told with the store's end, and kept aside by a new era", () => {
  const error = shorterSourceError(storeOf("binlog.000007"), SHORT);
  assertStringIncludes(error.message, "ends at 900: the source was restored");
  assertStringIncludes(error.message, "the store is from db1:3306");
  const both = shorterSourceError(storeOf("binlog.000007"), SHORT, OTHER);
  assertStringIncludes(
    both.message,
    `the source is db1:3306 (9.7.4, server_id 2, ${OTHER.serverUuid}`,
  );
  assertStringIncludes(error.details.hint!, "--new-era");
  assertEquals([error.details.position, error.details.cause], [900, SHORT]);
});

Deno.test("what makes no sense where the store ends is told from other refusals", () => {
  const store = storeOf("binlog.000007");
  const bogus = sent("bogus data in log event; the first event 'binlog.000007' at 700");
  const large = sent("log event entry exceeded max_allowed_packet; Increase max_allowed_packet");
  assertEquals([isNonsense(store, bogus), isNonsense(store, large)], [true, true]);
  assertEquals([isNonsense(store, SHORT), isNonsense(store, MISSING)], [false, false]);
  const at = (position: number): FormatError => new FormatError("bad", { position });
  assertEquals([699, 700, 900, 901].map((position) => isNonsense(store, at(position))), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals(isNonsense({ ...store, last: undefined } as unknown as Store, bogus), false);
});

Deno.test("another server is found out only by a refusal that it explains", () => {
  const store = storeOf("binlog.000007");
  const refused = otherServerError(store, OTHER, SHORT)!;
  assertStringIncludes(refused.details.expected!, SOURCE.serverUuid!);
  assertStringIncludes(refused.details.found!, OTHER.serverUuid!);
  assertStringIncludes(refused.message, "binlog.000007:900");
  assertStringIncludes(refused.details.hint!, "--new-era");

  const garbage = (position: number): FormatError => new FormatError("bad", { position });
  assert(otherServerError(store, OTHER, garbage(700)));
  assert(otherServerError(store, OTHER, garbage(900)));
  assertEquals(otherServerError(store, OTHER, garbage(699)), undefined);
  assertEquals(otherServerError(store, OTHER, garbage(901)), undefined);
  assertEquals(otherServerError(store, OTHER, new FormatError("bad")), undefined);
  assertEquals(otherServerError(store, OTHER, new ConnectionError("reset")), undefined);
  assertEquals(otherServerError(store, OTHER, sent("no", 1064)), undefined);
  assertEquals(otherServerError(store, { ...SOURCE, version: "9.8.0" }, SHORT), undefined);
  assertEquals(otherServerError(store, undefined, SHORT), undefined);
  const kicked = sent("A replica with the same server_uuid/server_id has connected");
  assertEquals(otherServerError(store, OTHER, kicked), undefined);
});

Deno.test("a source that is certainly another one is no gap, whatever its files are called", () => {
  const store = storeOf("binlog.000007", "binlog.000008");
  const moved = { ...SOURCE, address: "db9:3306", version: "9.8.0", serverId: 9 };
  const mariadb: SourceIdentity = { ...moved, flavour: "mariadb" };
  for (const oldest of ["binlog.000008", "binlog.000012"]) {
    assert(judgeGap(store, oldest, SOURCE).kind !== "replaced");
    assert(judgeGap(store, oldest, moved).kind !== "replaced");
    assertEquals(judgeGap(store, oldest, OTHER).kind, "replaced");
    assertEquals(judgeGap(store, oldest, mariadb).kind, "replaced");
  }
});

Deno.test("a file may follow what the store holds where its GTIDs say so, or say nothing", () => {
  const tracker = (mysql?: string, mariadb?: string): GtidTracker => {
    const made = new GtidTracker();
    if (mysql !== undefined) made.mysql = GtidSet.parse(mysql);
    if (mariadb !== undefined) made.mariadb = MariadbPosition.parse(mariadb);
    return made;
  };
  const uuid = SOURCE.serverUuid!;
  const cases: [GtidTracker, GtidTracker, boolean][] = [
    [tracker(`${uuid}:1-9`), tracker(`${uuid}:1-9`), true],
    [tracker(`${uuid}:1-12`), tracker(`${uuid}:1-9`), true],
    [tracker(`${uuid}:1-8`), tracker(`${uuid}:1-9`), false],
    [tracker(""), tracker(`${uuid}:1-9`), false],
    [tracker(undefined, "0-1-9"), tracker(`${uuid}:1-9`), false],
    [tracker(), tracker(), true],
    [tracker(""), tracker(""), true],
    [tracker(undefined, "0-1-9,1-1-4"), tracker(undefined, "0-2-9"), true],
    [tracker(undefined, "0-1-8"), tracker(undefined, "0-1-9"), false],
    // A domain that was deleted.
    [tracker(undefined, "0-1-9"), tracker(undefined, "0-1-9,7-1-3"), true],
    [tracker(undefined, "5-1-9"), tracker(undefined, "0-1-9"), false],
    [tracker(), tracker(undefined, "0-1-9"), false],
  ];
  for (const [head, held, expected] of cases) {
    assertEquals(mayFollow(head, held), expected, `${head} after ${held}`);
  }
});
