import { assertEquals } from "@std/assert";
import { binlogd, caughtUp, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, type ServerKind, serverTest, startServer } from "../_servers.ts";
import { run, serve, writeUsers } from "../server/_serving.ts";
import { CdcClient } from "./cdc/_client.ts";
import { FirstElsewhere } from "./cdc/_first_elsewhere.ts";
import type { Line, Login, Settings } from "./cdc/_follow.ts";

/** A program of tests/e2e/cdc, and the package that does its work. */
interface Client {
  program: string;
  name: string;
  kinds: ServerKind[];
  /** Can begin by GTID. */
  gtid: boolean;
  /** Asks where it reads for table definitions, on its first connection. */
  asks: boolean;
  /** Shows that it could not get table definitions. */
  refused?: (event: Line["event"]) => boolean;
}

const ALL: ServerKind[] = ["mysql97", "mariadb1011", "mariadb118"];
const ZONGJI: Client = {
  program: "vlasky_zongji",
  name: "@vlasky/zongji",
  kinds: ALL,
  gtid: true,
  asks: false,
  // It asks INFORMATION_SCHEMA with a prepared statement.
  refused: ({ errno }) => errno === 1295,
};
const EVENT_STREAM: Client = {
  program: "mysql_event_stream",
  name: "@libraz/mysql-event-stream",
  kinds: ALL,
  gtid: true,
  asks: false,
  refused: ({ namesResolved }) => namesResolved === false,
};
const GO_MYSQL: Client = {
  program: "go_mysql",
  name: "go-mysql-js",
  kinds: ["mysql97"],
  gtid: false,
  asks: true,
};
const FILE = "binlog.000001";
const FULL = { config: ["binlog-row-metadata=FULL"] };

/** `change` is for clients that know the definitions of each time, not those of now only. */
const first = (change: string): string =>
  `CREATE DATABASE d; USE d;
CREATE TABLE people (id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), n BIGINT)
  CHARACTER SET utf8mb4;
CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, ti TINYINT, su SMALLINT UNSIGNED,
  bu BIGINT UNSIGNED, de DECIMAL(30,10), fl FLOAT, db DOUBLE, dt DATETIME(6), ts TIMESTAMP(3) NULL,
  ch CHAR(10), la VARCHAR(20) CHARACTER SET latin1, tx TEXT, bl BLOB, en ENUM('x','y','z'),
  se SET('p','q','r'), js JSON);
INSERT INTO people VALUES (1, 'Ann', -5);
INSERT INTO people VALUES (2, 'häß日本', 9223372036854775807);
UPDATE people SET name='Anna' WHERE id=1;
INSERT INTO kinds (ti, su, bu, de, fl, db, dt, ts, ch, la, tx, bl, en, se, js) VALUES
  (-128, 65535, 18446744073709551615, -12345678901234567890.0123456789, 1.5, -2.25e100,
   '2026-11-23 02:12:48.123456', '2026-11-23 02:12:48.123', 'c', 'ä', REPEAT('text', 15000), x'00ff',
   'y', 'p,r', '{"n":1,"a":[1,2.5,"x",null,true]}'),
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
FLUSH BINARY LOGS;
BEGIN; INSERT INTO people VALUES (3, 'in a transaction', NULL); DELETE FROM people WHERE id=2;
UPDATE kinds SET ti=1; COMMIT;
BEGIN; INSERT INTO people VALUES (4, 'never', 0); ROLLBACK;
${change}
INSERT INTO people (id, name, n) VALUES (5, 'last', 1);`;
const ALTER = "ALTER TABLE people ADD COLUMN late INT FIRST;";
const LIVE =
  `USE d; INSERT INTO people (id, name, n) VALUES (6, 'live', 1); UPDATE people SET n=7 WHERE id=6;
FLUSH BINARY LOGS; INSERT INTO people (id, name, n) VALUES (7, 'in the next file', 1);`;

/** Operation, id and name of each row of d.people. */
const PEOPLE_FIRST = [
  ["insert", 1, "Ann"],
  ["insert", 2, "häß日本"],
  ["update", 1, "Anna"],
  ["insert", 3, "in a transaction"],
  ["delete", 2, "häß日本"],
  ["insert", 5, "last"],
];
const PEOPLE_LIVE = [["insert", 6, "live"], ["update", 6, "live"], [
  "insert",
  7,
  "in the next file",
]];

function people(lines: Line[]): unknown[] {
  const changes = lines.flatMap((line) => line.changes ?? []);
  return changes.filter(({ table }) => table === "d.people").map(({ op, before, after }) => {
    const { id, name } = (after ?? before) as Record<string, unknown>;
    return [op, id, name];
  });
}

/** By GTID, a source with an index of its GTIDs leaves out what is before the first one. */
function fromFirstGtid(lines: Line[]): Line[] {
  return lines.slice(lines.findIndex(({ event, changes }) => event.gtid ?? changes?.length));
}

function inserted(id: number): (line: Line) => boolean {
  return (line) => people([line]).some((row) => `${row}`.startsWith(`insert,${id},`));
}

/** The accounts that a client uses at the source and at binlogd. */
function users(client: Client, source: RealServer): { theirs: string; ours: string } {
  if (client.asks) return { theirs: "admin", ours: "admin" };
  return { theirs: "repl", ours: source.flavour === "mysql" ? "repl" : "native" };
}

/** A client that follows binlogd, with what it needs between. */
function atBinlogd(
  client: Client,
  source: RealServer,
  port: number,
  settings: Omit<Settings, keyof Login>,
): CdcClient {
  const user = users(client, source).ours;
  if (!client.asks) return new CdcClient(client.program, { port, user, ...settings });
  const relay = new FirstElsewhere(source.port, port);
  return new CdcClient(client.program, { port: relay.port, user, ...settings }, relay);
}

const missing = new Map<Client, string>();
for (const client of [ZONGJI, EVENT_STREAM, GO_MYSQL]) {
  const reason = await CdcClient.missing(client.program);
  if (reason !== undefined) missing.set(client, reason);
}

/** One test for each kind of server, ignored where the client's package can't be had. */
function cdcTest(
  client: Client,
  what: string,
  work: (kind: ServerKind) => Promise<void>,
  kinds = client.kinds,
): void {
  const name = `${client.name} ${what}`;
  const reason = missing.get(client);
  if (reason === undefined) return serverTest(name, work, kinds);
  for (const kind of kinds) {
    Deno.test({ name: `${name}, ${kind} (skipped: ${reason})`, ignore: true, fn() {} });
  }
}

for (const client of [ZONGJI, EVENT_STREAM, GO_MYSQL]) {
  cdcTest(client, "gets the same events from binlogd as from the source", async (kind) => {
    await using source = await startServer(kind, FULL);
    await withFolder(async (dir) => {
      const accounts = await writeUsers(dir);
      await source.sql(first(client.asks ? "" : ALTER));
      assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/store`])).code, 0);
      await using serving = await serve(`${dir}/store`, accounts);
      const { theirs } = users(client, source);
      const starts: { file?: string }[] = client.gtid ? [{ file: FILE }, {}] : [{ file: FILE }];
      for (const start of starts) {
        await using real = new CdcClient(client.program, {
          port: source.port,
          user: theirs,
          ...start,
        });
        await using copy = atBinlogd(client, source, serving.port, start);
        const wanted = await real.until(inserted(5));
        assertEquals(people(wanted), PEOPLE_FIRST);
        const shown = await copy.until(inserted(5));
        if (start.file) assertEquals(shown, wanted);
        else assertEquals(fromFirstGtid(shown), fromFirstGtid(wanted));
      }
    });
  });

  cdcTest(client, "follows `binlogd run` while the source is written", async (kind) => {
    await using source = await startServer(kind, FULL);
    await withFolder(async (dir) => {
      const accounts = await writeUsers(dir);
      await source.sql(first(client.asks ? "" : ALTER));
      await using serving = await run(sourceUrl(source), `${dir}/store`, accounts);
      // Before the first event it can't know whether it is MySQL or MariaDB.
      await serving.program.until(() => caughtUp(source, `${dir}/store`));
      await using copy = atBinlogd(client, source, serving.port, { file: FILE });
      await copy.until(inserted(5));
      await source.sql(LIVE);
      const shown = await copy.until(inserted(7));
      assertEquals(people(shown), [...PEOPLE_FIRST, ...PEOPLE_LIVE]);
      const { theirs } = users(client, source);
      await using real = new CdcClient(client.program, {
        port: source.port,
        user: theirs,
        file: FILE,
      });
      assertEquals(shown, await real.until(inserted(7)));
    });
  });
}

for (const client of [ZONGJI, EVENT_STREAM]) {
  cdcTest(client, "gets column names from the source where its binlog has none", async (kind) => {
    await using source = await startServer(kind);
    await withFolder(async (dir) => {
      const accounts = await writeUsers(dir);
      await source.sql(first(""));
      assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/store`])).code, 0);
      await using serving = await serve(`${dir}/store`, accounts);
      const control = { port: source.port, user: "admin" };
      await using real = new CdcClient(client.program, { ...control, file: FILE });
      const start = { file: FILE, control };
      await using copy = atBinlogd(client, source, serving.port, start);
      const wanted = await real.until(inserted(5));
      assertEquals(people(wanted), PEOPLE_FIRST);
      assertEquals(await copy.until(inserted(5)), wanted);
      await using alone = atBinlogd(client, source, serving.port, { file: FILE });
      await alone.until(({ event }) => client.refused!(event));
    });
  }, ["mysql97"]);
}

cdcTest(ZONGJI, "and mysql2 are told what can't be asked", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const accounts = await writeUsers(dir);
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/store`])).code, 0);
    await using serving = await serve(`${dir}/store`, accounts);
    await using asking = new CdcClient("mysql2_statements", { port: serving.port, user: "boss" });
    const answers = await asking.until(({ event }) => event.statement === "last");
    assertEquals(answers.map(({ event }) => [event.statement, event.errno]), [
      ["query", 1235],
      ["execute", 1295],
      ["last", undefined],
    ]);
  });
}, ["mysql97"]);
