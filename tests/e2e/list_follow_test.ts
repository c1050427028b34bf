import { assertEquals } from "@std/assert";
import { FileIndex } from "../../lib/store/file_summary_index.ts";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

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
        await waitUntil(() => FileIndex.open(path).size > 0, 60_000, () => dump.log);
        const index = FileIndex.open(path);
        const summary = index.known("binlog.000001")!;
        assertEquals([index.size, summary.closing], [1, "rotate"]);
        await dump.until(() => caughtUp(server, dir));
        const list = await binlogd(["list", dir, "--json"]);
        const lines = list.stdout.trim().split("\n").map((line) => JSON.parse(line));
        assertEquals(lines.slice(0, 2).map(({ file, end }) => [file, end]), [
          ["binlog.000001", "closed"],
          ["binlog.000002", "active"],
        ]);
        assertEquals(lines[0].transactions, summary.transactions);
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
