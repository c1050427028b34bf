import { assertEquals } from "@std/assert";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

interface IndexContent {
  files: { file: string; transactions: number; closing: string }[];
}

serverTest(
  "a dump that follows keeps the index, which list shows and verify checks",
  async (kind) => {
    await using server = await startServer(kind);
    await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment)");
    await withFolder(async (dir) => {
      const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
      try {
        await dump.until(() => caughtUp(server, dir));
        await server.sql("INSERT INTO d.t VALUES (); FLUSH BINARY LOGS; INSERT INTO d.t VALUES ()");
        const path = `${dir}/binlogd.files.json`;
        await waitUntil(
          () => Deno.stat(path).then(() => true, () => false),
          60_000,
          () => dump.log,
        );
        const { files } = JSON.parse(await Deno.readTextFile(path)) as IndexContent;
        assertEquals(files.map(({ file, closing }) => [file, closing]), [[
          "binlog.000001",
          "rotate",
        ]]);
        await dump.until(() => caughtUp(server, dir));
        const list = await binlogd(["list", dir, "--json"]);
        const lines = list.stdout.trim().split("\n").map((line) => JSON.parse(line));
        assertEquals(lines.slice(0, 2).map(({ file, end }) => [file, end]), [
          ["binlog.000001", "closed"],
          ["binlog.000002", "active"],
        ]);
        assertEquals(lines[0].transactions, files[0]!.transactions);
        // The file goes on growing; what list has kept of it is gone on from.
        await server.sql("INSERT INTO d.t VALUES (),()");
        await dump.until(() => caughtUp(server, dir));
        const later = (await binlogd(["list", dir, "--json"])).stdout.trim().split("\n");
        const active = JSON.parse(later[1]!);
        assertEquals(active.transactions, lines[1].transactions + 1);
        assertEquals((await binlogd(["verify", dir, "--strict"])).code, 0);
      } finally {
        dump.kill("SIGTERM");
        await dump.ended();
      }
      const path = `${dir}/binlogd.files.json`;
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace('"transactions":', '"transactions":1'));
      const wrong = await binlogd(["verify", dir]);
      assertEquals([wrong.code, wrong.stdout.includes("[file-index]")], [1, true], wrong.stdout);
      assertEquals((await binlogd(["verify", dir, "--repair"])).code, 0);
    });
  },
);
