/** What a dump is asked for with, and whether the source is to list us among its replicas. */
import { assertEquals, assertGreaterOrEqual, assertLess, assertRejects } from "@std/assert";
import { ProtocolError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { COMMAND } from "../../lib/protocol/commands.ts";
import { type Session, setUpSession } from "../../lib/source/session_setup.ts";
import type { SourceConnection } from "../../lib/source/source_connection.ts";

/** Sets a session up on what answers as a connection does, as far as that is asked for. */
function setUp(connection: Partial<SourceConnection>, nonBlocking: boolean): Promise<Session> {
  // The rest of a connection, a socket, is not needed for it.
  return setUpSession(connection as SourceConnection, {
    serverId: 4242,
    uuid: "5e0c6a0f-0000-4000-8000-000000000000",
    heartbeatMs: 10_000,
    semiSync: "off",
    nonBlocking,
    reportHost: "here",
    address: "there",
    log: new Logger({ write: () => {} }),
  });
}

/** The server_id that a session asks with, and the ids under which it registered. */
async function ids(
  serverVersion: string,
  nonBlocking: boolean,
  said = "1",
): Promise<[number, number[]]> {
  const registered: number[] = [];
  const connection: Partial<SourceConnection> = {
    serverVersion,
    flavour: serverVersion.includes("MariaDB") ? "mariadb" : "mysql",
    query: () => Promise.resolve({ columns: [], rows: [] }),
    queryValue: (sql: string) => Promise.resolve(sql.includes("SERVER_ID") ? said : null),
    command: (payload: Uint8Array<ArrayBuffer>) => {
      assertEquals(payload[0], COMMAND.COM_REGISTER_SLAVE);
      registered.push(new DataView(payload.buffer, payload.byteOffset).getUint32(1, true));
      return Promise.resolve();
    },
  };
  const { serverId, nonBlocking: ends } = await setUp(connection, nonBlocking);
  assertEquals(ends, nonBlocking);
  return [serverId, registered];
}

Deno.test("a session asks with the id it has registered under", async () => {
  for (const version of ["5.7.44-log", "8.0.33", "9.7.4", "10.5.1-MariaDB", "5.5.5-MariaDB"]) {
    for (const nonBlocking of [false, true]) {
      assertEquals(await ids(version, nonBlocking), [4242, [4242]], version);
    }
  }
});

Deno.test("MySQL before 5.7 ends a dump of server_id 0, which is not registered", async () => {
  for (const version of ["5.5.62", "5.6.14-log", "5.6.51"]) {
    assertEquals(await ids(version, true), [0, []], version);
    assertEquals(await ids(version, false), [4242, [4242]], version);
  }
});

Deno.test("a source that gives no number as its server_id is no source", async () => {
  for (const said of ["", "x", "-1", "1.5", "4294967296", "1e3"]) {
    await assertRejects(() => ids("9.7.4", false, said), ProtocolError, "server_id");
  }
  assertEquals(await ids("9.7.4", false, "4294967295"), [4242, [4242]]);
});

Deno.test("an answer that takes long never makes the source's clock seem behind", async () => {
  const connection: Partial<SourceConnection> = {
    serverVersion: "9.7.4",
    flavour: "mysql",
    query: () => Promise.resolve({ columns: [], rows: [] }),
    queryValue: async (sql: string) => {
      if (!sql.includes("UNIX_TIMESTAMP")) return sql.includes("SERVER_ID") ? "1" : null;
      const seconds = String(Math.floor(Date.now() / 1000));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return seconds;
    },
    command: () => Promise.resolve(),
  };
  const { clockAheadMs } = await setUp(connection, false);
  // The clocks are the same; whole seconds are off by half of one at the most.
  assertGreaterOrEqual(clockAheadMs, -500);
  assertLess(clockAheadMs, 1000);
});
