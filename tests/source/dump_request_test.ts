/** Where a dump goes on, and the bytes it asks with. */
import { assertEquals } from "@std/assert";
import {
  decodeBinlogDump,
  decodeBinlogDumpGtid,
  DUMP_FLAG,
} from "../../lib/protocol/binlog_dump.ts";
import {
  chooseRequest,
  type DumpRequest,
  type RequestChoice,
  sendRequest,
} from "../../lib/source/dump_request.ts";
import type { Session } from "../../lib/source/session_setup.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";
import type { RecoveredFile } from "../../lib/store/recovery.ts";
import type { Store } from "../../lib/store/store.ts";

const GIB = 2 ** 30;

interface Given {
  last?: Partial<RecoveredFile>;
  hole?: string;
  flavour?: "mysql" | "mariadb";
  gtidMode?: string;
  follow?: boolean;
  choice?: Partial<RequestChoice>;
}

function choose(given: Given): DumpRequest {
  const { last, hole, flavour = "mysql", gtidMode = "ON", follow = false, choice } = given;
  const store = {
    last: last && { file: "binlog.000007", ...last },
    fileAfterHole: hole,
  } as unknown as Store;
  const session = {
    serverId: 4242,
    nonBlocking: !follow,
    source: { flavour },
    gtidMode: flavour === "mysql" ? gtidMode : "",
  } as unknown as Session;
  return chooseRequest({ store, session, ...choice });
}

Deno.test("an empty store begins with the oldest file, or the one asked for, at byte 4", () => {
  const request = choose({});
  assertEquals(request, { file: "", position: 4, flags: 1, serverId: 4242, wide: false });
  assertEquals(choose({ choice: { startFile: "binlog.000003" } }).file, "binlog.000003");
});

Deno.test("flags: not blocking unless it follows, and MariaDB sends annotations", () => {
  assertEquals(choose({}).flags, DUMP_FLAG.BINLOG_DUMP_NON_BLOCK);
  assertEquals(choose({ follow: true }).flags, 0);
  assertEquals(choose({ flavour: "mariadb" }).flags, 3);
  assertEquals(choose({ flavour: "mariadb", follow: true }).flags, 2);
});

Deno.test("a store goes on at its last whole transaction, whatever was asked for", () => {
  const last = { previousTransactionEnd: 5000, transactionEnd: 6000, safeTransactionEnd: 5000 };
  const request = choose({ last, choice: { startFile: "binlog.000001" } });
  assertEquals([request.file, request.position, request.wide], ["binlog.000007", 5000, false]);
});

Deno.test("behind a hole, and with the next file named, it is that file from byte 4", () => {
  const last = { previousTransactionEnd: 5 * GIB, safeTransactionEnd: 3 * GIB };
  const hole = choose({ last, hole: "binlog.000012" });
  assertEquals([hole.file, hole.position, hole.wide], ["binlog.000012", 4, false]);
  const next = choose({ last, hole: "binlog.000012", choice: { nextFile: "binlog.000013" } });
  assertEquals([next.file, next.position, next.wide], ["binlog.000013", 4, false]);
});

Deno.test("beyond 4 GiB: 64 bits for MySQL with GTIDs, else a transaction end below", () => {
  const last = { previousTransactionEnd: 5 * GIB, safeTransactionEnd: 4 * GIB - 1000 };
  for (const gtidMode of ["ON", "ON_PERMISSIVE"]) {
    const { position, wide } = choose({ last, gtidMode });
    assertEquals([position, wide], [5 * GIB, true], gtidMode);
  }
  for (const gtidMode of ["OFF", "OFF_PERMISSIVE"]) {
    const { position, wide } = choose({ last, gtidMode });
    assertEquals([position, wide], [4 * GIB - 1000, false], gtidMode);
  }
  const mariadb = choose({ last, flavour: "mariadb" });
  assertEquals([mariadb.position, mariadb.wide], [4 * GIB - 1000, false]);
});

Deno.test("the last position of 32 bits is asked for plainly, the first of more is not", () => {
  const fits = choose({ last: { previousTransactionEnd: 2 ** 32 - 1, safeTransactionEnd: 9 } });
  assertEquals([fits.position, fits.wide], [2 ** 32 - 1, false]);
  const not = choose({ last: { previousTransactionEnd: 2 ** 32, safeTransactionEnd: 9 } });
  assertEquals([not.position, not.wide], [2 ** 32, true]);
});

/** What a connection was sent. */
async function sent(request: DumpRequest): Promise<Uint8Array> {
  let payload = new Uint8Array();
  const connection = {
    sendCommand: (bytes: Uint8Array<ArrayBuffer>) => {
      payload = bytes;
      return Promise.resolve();
    },
  } as unknown as SourceConnection;
  await sendRequest(connection, request);
  return payload;
}

Deno.test("the request goes out in the form that holds its position", async () => {
  const request = { file: "binlog.000007", flags: 1, serverId: 4242 };
  const plain = await sent({ ...request, position: 2 ** 32 - 1, wide: false });
  assertEquals(plain[0], 0x12);
  assertEquals(decodeBinlogDump(plain), { ...request, position: 2 ** 32 - 1 });
  const wide = await sent({ ...request, position: 5 * GIB, wide: true });
  assertEquals(wide[0], 0x1e);
  const read = decodeBinlogDumpGtid(wide);
  assertEquals(read, { ...request, position: 5 * GIB, gtidSet: new Uint8Array(8) });
});
