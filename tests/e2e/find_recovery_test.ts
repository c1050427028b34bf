import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { execText } from "../../scripts/testbed/exec.ts";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { writeScript } from "../_script.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";

interface Answer {
  kind: string;
  file: string;
  position: number;
  end_position: number;
  gtid: string;
  time: string;
  replay_before: string;
  replay_after: string;
}

const ORDERS = "SELECT * FROM shop.orders ORDER BY id";
const OTHER = "SELECT * FROM shop.other ORDER BY id";

/** Orders come in over three files, one with a rollback; then somebody drops the table. */
async function accident(server: RealServer): Promise<void> {
  await server.sql(`CREATE DATABASE shop; USE shop;
    CREATE TABLE orders (id int primary key auto_increment, item varchar(40), b blob);
    CREATE TABLE other (id int primary key auto_increment, n int);
    INSERT INTO orders (item, b) VALUES ('tea', x'00ff1a0a'), ('sûcre', NULL); FLUSH BINARY LOGS;
    BEGIN; INSERT INTO orders (item) VALUES ('milk'); INSERT INTO other (n) VALUES (1); COMMIT;
    BEGIN; INSERT INTO orders (item) VALUES ('never'); ROLLBACK;
    UPDATE orders SET item = 'green tea' WHERE item = 'tea'; FLUSH BINARY LOGS;
    CREATE TEMPORARY TABLE tmp (a int); INSERT INTO other (n) VALUES (2);
    DELETE FROM orders WHERE item = 'milk';`);
}

/** A folder with the server's tools under their usual names, logged in as its root. */
async function toolsFor(server: RealServer, dir: string): Promise<Record<string, string>> {
  const prefix = server.flavour === "mariadb" ? "mariadb" : "mysql";
  const tool = server.flavour === "mariadb" ? "mariadb-binlog" : "mysqlbinlog";
  const script = (path: string, options: string): Promise<void> =>
    writeScript(path, `#!/bin/sh\nexec ${options} "$@"\n`);
  await script(`${dir}/${tool}`, `${server.mysqlbinlog} --no-defaults`);
  await script(
    `${dir}/${prefix}`,
    `${server.client} --no-defaults --user=root --socket=${server.socket}`,
  );
  return { PATH: `${dir}:${Deno.env.get("PATH")}` };
}

async function findOne(args: string[]): Promise<Answer> {
  const run = await binlogd(["find", ...args, "--json"]);
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const answers = run.stdout.trim().split("\n").map((line) => JSON.parse(line) as Answer)
    .filter(({ kind }) => kind === "transaction");
  assertEquals(answers.length, 1, run.stdout);
  return answers[0]!;
}

serverTest(
  "the commands that find prints restore what was there before an accident",
  async (kind) => {
    await using server = await startServer(kind);
    await accident(server);
    const orders = await server.sql(ORDERS);
    const before = await server.sql(OTHER);
    await server.sql(
      "USE shop; DROP TABLE orders; INSERT INTO other (n) VALUES (3); " +
        "FLUSH BINARY LOGS; INSERT INTO other (n) VALUES (4)",
    );
    const after = await server.sql(OTHER);
    await withFolder(async (dir) => {
      const store = `${dir}/store`;
      assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", store])).code, 0);
      const answer = await findOne([store, "--table", "shop.orders", "--last", "1"]);
      // The same transaction, asked for in every other way.
      const { replay_before: _b, replay_after: _a, ...same } = answer;
      for (
        const way of [
          ["--gtid", answer.gtid],
          ["--position", `${answer.file}:${answer.position}`],
          ["--position", `${answer.file}:${answer.end_position - 1}`],
        ]
      ) {
        const { replay_before: _, replay_after: __, ...other } = await findOne([store, ...way]);
        assertEquals(other, same, way.join(" "));
      }
      await using target = await startServer(kind);
      const tools = await toolsFor(target, dir);
      await execText("sh", ["-c", answer.replay_before], { env: tools });
      assertEquals(await target.sql(ORDERS), orders);
      assertEquals(await target.sql(OTHER), before);
      await execText("sh", ["-c", answer.replay_after], { env: tools });
      assertEquals(await target.sql(ORDERS), orders);
      assertEquals(await target.sql(OTHER), after);
    });
  },
);

serverTest("find says what it does not find, and list what is there", async (kind) => {
  await using server = await startServer(kind);
  await accident(server);
  await withFolder(async (dir) => {
    const store = `${dir}/store`;
    assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", store])).code, 0);
    const late = await binlogd(["find", store, "--time", "2099-01-01"]);
    assertEquals(late.code, 1);
    assertStringIncludes(
      late.stdout,
      "No transaction was committed at 2099-01-01 00:00:00 or later",
    );
    const table = await binlogd(["find", store, "--table", "shop.nothing"]);
    assertEquals(table.code, 1, table.stdout);
    const head = await binlogd(["find", store, "--position", "binlog.000002:5"]);
    assertEquals(head.code, 1);
    assertStringIncludes(head.stdout, "is in no transaction; the next one begins at");
    const gone = await binlogd(["find", store, "--position", "binlog.000009:5"]);
    assertEquals(gone.code, 6, gone.stderr);
    const set = (await binlogd(["list", store, "--gtid-set"])).stdout.trim();
    const variable = server.flavour === "mysql"
      ? "@@global.gtid_executed"
      : "@@global.gtid_binlog_pos";
    assertEquals(set, (await server.sql(`SELECT ${variable}`)).trim());
    const first = await findOne([store, "--time", "2001-01-01"]);
    assertEquals(first.file, "binlog.000001");
    const foreign = await binlogd(["list", server.binlogDir, "--json"]);
    const ours = await binlogd(["list", store, "--json"]);
    // MariaDB appends checkpoints to the newest file when it pleases.
    const closed = (text: string): string[] => text.split("\n").slice(0, 2);
    assertEquals(closed(foreign.stdout), closed(ours.stdout));
    for await (const { name } of Deno.readDir(server.binlogDir)) {
      assert(!name.startsWith("binlogd"), `${name} was written to a server's folder`);
    }
    const kept = `${dir}/index`;
    assertEquals((await binlogd(["list", server.binlogDir, "--index-file", kept])).code, 0);
    assert((await Deno.stat(kept)).size > 0);
  });
});
