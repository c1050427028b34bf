import { assert, assertEquals } from "@std/assert";
import { compareEvents } from "../../scripts/compare_events.ts";
import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import { eventInfo } from "../../lib/inspect/event_info.ts";
import { binlogd } from "../_binlogd.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";
import { rowsWorkload } from "./_events_workload.ts";

async function run(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await binlogd(args);
  assertEquals(code, 0, stderr);
  return stdout;
}

/** Info texts of SHOW BINLOG EVENTS by position, without those of nested events. */
async function shownInfo(server: RealServer, file: string): Promise<Map<string, string>> {
  const info = new Map<string, string>();
  const lines = (await server.sql(`SHOW BINLOG EVENTS IN '${file}'`)).trimEnd().split("\n");
  for (const line of lines) {
    const [, position, , , end, ...text] = line.split("\t");
    if (position !== end) info.set(position!, text.join("\t"));
  }
  return info;
}

/** As the client's batch mode writes a value. */
function batchText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

async function compareInfo(server: RealServer, file: string): Promise<number> {
  const shown = await shownInfo(server, file);
  const { flavour } = server;
  using handle = Deno.openSync(`${server.binlogDir}/${file}`);
  const scanner = new EventScanner(handle, { file });
  let events = 0;
  for (; scanner.next(); events++) {
    const { checksumSize } = scanner;
    const info = batchText(eventInfo(scanner.head, { checksumSize, flavour }));
    assertEquals(info, shown.get(String(scanner.position)), `${file}:${scanner.position}`);
  }
  return events;
}

serverTest(
  "events, rows and infos are those of the server's mysqlbinlog and SHOW BINLOG EVENTS",
  async (kind) => {
    await using server = await startServer(kind);
    await rowsWorkload(server);
    await mixedWorkload(server, { rounds: 1, small: true });
    let values = 0;
    let givenUp = 0;
    for (const file of await server.binlogFiles()) {
      const found = await compareEvents(`${server.binlogDir}/${file}`, server.mysqlbinlog, run);
      assertEquals(found.differences, [], file);
      values += found.values;
      givenUp += found.notDecodedByTool;
      assert(await compareInfo(server, file) > 2);
    }
    // Which numbers are unsigned mysqlbinlog does not say.
    const rows = await run(["events", server.binlogDir, "--table", "r.signs", "--json"]);
    const signs = rows.trim().split("\n").flatMap((line) => JSON.parse(line).fields.rows ?? []);
    const row = ["-1", "2000", "4000000000", "-2"];
    assertEquals(signs.map(({ after }) => Object.values(after).map(String)), [row, row]);
    assert(values > 1400, `${values} values`);
    // mysqlbinlog of MySQL stops at the first GEOMETRY of an event.
    assert(server.flavour === "mysql" ? givenUp > 0 : givenUp === 0, `${givenUp} given up`);
  },
);

serverTest(
  "a GEOMETRY as it is shown makes the stored one again, whatever the SRID",
  async (kind) => {
    await using server = await startServer(kind);
    await server.sql(`CREATE DATABASE g; USE g;
CREATE TABLE shapes (id int primary key auto_increment, g geometry);
INSERT INTO shapes(g) VALUES (ST_GeomFromText('POINT(10 20)', 4326)),
 (ST_GeomFromText('LINESTRING(10 20,30 40.5)', 4326)), (ST_GeomFromText('POINT(10 20)', 3857)),
 (ST_GeomFromText('POINT(10 20)'));`);
    const shown = await run(["events", server.binlogDir, "--table", "g.shapes", "-v"]);
    const values = [...shown.matchAll(/^### {3}@2=(.*)$/gm)].map(([, value]) => value);
    assertEquals(values.length, 4);
    await server.sql(
      values.map((value) => `INSERT INTO g.shapes(g) VALUES (${value});`).join("\n"),
    );
    const rows =
      (await server.sql("SELECT ST_SRID(g), HEX(g), ST_AsText(g) FROM g.shapes ORDER BY id"))
        .trimEnd().split("\n");
    assertEquals(rows.slice(4), rows.slice(0, 4));
    assertEquals(rows[0]!.split("\t")[2], "POINT(10 20)");
  },
);
