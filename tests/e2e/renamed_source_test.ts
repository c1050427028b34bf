/** A source whose log_bin is changed, and one that was reset to begin with the store's next file. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { writeScript } from "../_script.ts";
import { serverTest, startServer } from "../_servers.ts";
import { settle } from "../_workload.ts";

serverTest("a source whose log_bin is changed goes on in the same store", async (kind) => {
  await withFolder(async (dir) => {
    await using server = await startServer(kind);
    const index = `${server.binlogDir}/all.index`;
    const config = `${server.folder}/my.cnf`;
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, `${text}\nlog-bin-index=${index}\n`);
    await server.restart();
    await server.sql("CREATE DATABASE a; CREATE TABLE a.t (b text); FLUSH BINARY LOGS");
    const note = `${dir}/note`;
    await writeScript(note, `#!/bin/sh\nbasename "$1" >> '${dir}/notes'\n`);
    const store = `${dir}/store`;
    const args = ["dump", sourceUrl(server), "--dir", store, "--on-close", note];
    assertEquals((await binlogd(args)).code, 0);
    const listed = async (file: string): Promise<string[]> =>
      (await Deno.readTextFile(file)).trim().split("\n").map((line) => line.split("/").pop()!);
    const old = (await listed(index)).pop()!;
    await Deno.writeTextFile(
      config,
      (await Deno.readTextFile(config)).replace(/^log-bin=.*$/m, `log-bin=${server.binlogDir}/aaa`),
    );
    await server.restart();
    await server.sql(
      "INSERT INTO a.t VALUES ('x'); FLUSH BINARY LOGS; INSERT INTO a.t VALUES ('y')",
    );
    await settle(server);
    // The file that was the newest is closed now; what has another name is behind it.
    const stopped = await binlogd([...args, `--stop-file=${old}`]);
    assertEquals(stopped.code, 0, stopped.stderr);
    for (let i = 0; i < 2; i++) {
      const run = await binlogd(args);
      assertEquals(run.code, 0, run.stderr);
    }
    const again = await binlogd([...args, `--stop-file=${old}`]);
    assertStringIncludes(again.stderr, "come that far already");
    const names = await listed(index);
    const indexes = [...Deno.readDirSync(store)].map(({ name }) => name)
      .filter((name) => name.endsWith(".index"));
    assertEquals(indexes, ["aaa.index"]);
    assertEquals(await listed(`${store}/aaa.index`), names);
    const notes = (await Deno.readTextFile(`${dir}/notes`)).trim().split("\n");
    assertEquals([...new Set(notes)], names.slice(0, -1));
    for (const name of names) {
      const [ours, theirs] = await Promise.all([
        Deno.readFile(`${store}/${name}`),
        Deno.readFile(`${server.binlogDir}/${name}`),
      ]);
      theirs[21]! &= 0xfe;
      assertEquals(ours.length, theirs.length, name);
      assertEquals(ours, theirs, name);
    }
    for (const command of ["list", "verify"]) {
      const run = await binlogd([command, store]);
      assertEquals(run.code, 0, run.stdout + run.stderr);
      for (const name of names) assertStringIncludes(run.stdout, name);
    }
  });
});

serverTest("a source that was reset to the store's next file is refused", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE a; CREATE TABLE a.t (b text); FLUSH BINARY LOGS");
  for (const [number, verdict] of [[3, "next"], [7, "purged"]] as const) {
    await withFolder(async (dir) => {
      const files = await server.binlogFiles();
      await server.sql("INSERT INTO a.t VALUES ('x'); FLUSH BINARY LOGS");
      const last = files[files.length - 1]!;
      const args = ["dump", sourceUrl(server), "--dir", dir];
      const run = await binlogd([...args, `--stop-file=${last}`]);
      assertEquals(run.code, 0, run.stderr);
      const after = Number(last.split(".")[1]) + (verdict === "next" ? 1 : number);
      await server.sql(
        server.flavour === "mysql"
          ? `RESET BINARY LOGS AND GTIDS TO ${after}`
          : `SET sql_log_bin=0; RESET MASTER TO ${after}`,
      );
      const identity = await Deno.readTextFile(`${dir}/binlogd.identity.json`);
      for (const more of [[], ["--on-gap=continue"]]) {
        const refused = await binlogd([...args, ...more]);
        assertEquals(refused.code, 7, `${verdict} ${more}: ${refused.stderr}`);
        assertStringIncludes(refused.stderr, "--new-era");
      }
      assertEquals(await Deno.readTextFile(`${dir}/binlogd.identity.json`), identity);
    });
  }
});

serverTest(
  "a GTID set of the other flavour, and a stop before all there is, are named",
  async (kind) => {
    await using server = await startServer(kind);
    await server.sql("CREATE DATABASE a; FLUSH BINARY LOGS; CREATE DATABASE b");
    const [oldest, newest] = await server.binlogFiles();
    const other = server.flavour === "mysql" ? "0-1-5" : "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5";
    await withFolder(async (dir) => {
      const args = ["dump", sourceUrl(server), "--dir", `${dir}/store`];
      for (const option of ["stop-gtid", "start-gtid"]) {
        const run = await binlogd([...args, `--${option}=${other}`]);
        assertEquals(run.code, 2, run.stderr);
        assertStringIncludes(run.stderr, `--${option}=${other}`);
      }
      const early = await binlogd([...args, "--stop-file=binlog.000000"]);
      assertEquals(early.code, 8, early.stderr);
      assertStringIncludes(early.stderr, "nothing from before the stop");
      const reversed = await binlogd([...args, `--start-file=${newest}`, `--stop-file=${oldest}`]);
      assertEquals(reversed.code, 2, reversed.stderr);
    });
  },
);
