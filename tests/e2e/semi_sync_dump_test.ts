import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import {
  assertIdentical,
  hasCommits,
  joined,
  semiSyncCounters,
  semiSyncDump,
  setSemiSync,
  startSemiSyncSource,
} from "../_semi_sync.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";

async function msOf(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

/** The third shortest time. */
function thirdOf(times: number[]): number {
  return times.toSorted((a, b) => a - b)[2]!;
}

serverTest("a commit returns promptly and is in the store", async (kind) => {
  await using server = await startSemiSyncSource(kind);
  await withFolder(async (dir) => {
    const dump = semiSyncDump(server, dir);
    try {
      await joined(server, dump);
      const before = await semiSyncCounters(server);
      assert(before.on, "source says OFF");
      await server.sql("CREATE DATABASE s; CREATE TABLE s.t (a int primary key)");
      const reads: number[] = [];
      const commits: number[] = [];
      for (let i = 0; i < 20; i++) {
        reads.push(await msOf(server.sql("SELECT 1")));
        commits.push(await msOf(server.sql(`INSERT INTO s.t VALUES (${i})`)));
        // The source has flushed its own file, and the statement returned: it must be here.
        assert(await hasCommits(server, dir), `commit ${i} returned before it was stored`);
      }
      // A busy machine holds up most of both; a wait for anything but the ACK, such as the second
      // between two syncs of an async dump, would be in all commits.
      const waited = thirdOf(commits) - thirdOf(reads);
      assert(waited < 800, `commits waited: ${commits}; reads: ${reads}`);
      await server.sql("FLUSH BINARY LOGS; INSERT INTO s.t VALUES (100)");
      assert(await hasCommits(server, dir), "the first commit of a new file was not stored");
      const after = await semiSyncCounters(server);
      assertEquals({ ...after, yesTx: 0 }, { ...before, yesTx: 0 });
      assertEquals(after.yesTx - before.yesTx, 23);
      const { code, stderr } = await dump.stop();
      assertEquals(code, 0, stderr);
      await assertIdentical(server, dir);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});

serverTest("--semi-sync names the plugin that a source lacks, and auto goes on", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const on = await binlogd(["dump", sourceUrl(server), "--dir", dir, "--follow", "--semi-sync"]);
    assertEquals(on.code, 2, on.stderr);
    assertStringIncludes(on.stderr, "has no semi-synchronous replication");
    assertStringIncludes(on.stderr, "INSTALL PLUGIN rpl_semi_sync_source");
    const auto = new RunningBinlogd([
      "dump",
      sourceUrl(server),
      "--dir",
      dir,
      "--follow",
      "--semi-sync=auto",
    ]);
    try {
      await server.sql("CREATE DATABASE s");
      await auto.until(() => caughtUp(server, dir));
      await auto.until(() => auto.log.includes("the source has no semi-sync; going on without"));
      assertEquals((await auto.stop()).code, 0);
    } finally {
      auto.kill("SIGKILL");
    }
  });
}, ["mysql97"]);

/** Commits one row after the other until stopped; a commit that fails is tried again. */
function load(server: RealServer): { stop(): Promise<void>; commits: number } {
  let going = true;
  const state = {
    commits: 0,
    async stop(): Promise<void> {
      going = false;
      await work;
    },
  };
  const work = (async () => {
    while (going) {
      try {
        await server.sql("INSERT INTO s.t VALUES (),(),()");
        state.commits++;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  })();
  return state;
}

const TABLE = "CREATE DATABASE s; CREATE TABLE s.t (a int primary key auto_increment);";

serverTest("semi-sync switched on at run time is joined, fallback is logged once", async (kind) => {
  await using server = await startSemiSyncSource(kind);
  await withFolder(async (dir) => {
    await setSemiSync(server, "enabled", "OFF");
    await server.sql(TABLE);
    const dump = semiSyncDump(server, dir);
    try {
      await dump.until(() => caughtUp(server, dir));
      await dump.until(() => dump.log.includes("loaded but not enabled"));
      await dump.until(() => dump.log.includes("do not wait for ACKs at present"));
      await setSemiSync(server, "enabled", "ON");
      for (let i = 0; i < 3; i++) await server.sql("INSERT INTO s.t VALUES ()");
      const before = await semiSyncCounters(server);
      assert(before.on && before.clients === 1, JSON.stringify(before));
      await server.sql("INSERT INTO s.t VALUES ()");
      assert(await caughtUp(server, dir));
      const after = await semiSyncCounters(server);
      assertEquals([after.noTx, after.yesTx], [before.noTx, before.yesTx + 1]);
      await dump.until(() => dump.log.includes("the source is back to semi-sync"));

      // A stopped dumper acknowledges nothing: the source gives up after its timeout.
      await setSemiSync(server, "timeout", "300");
      dump.kill("SIGSTOP");
      for (let i = 0; i < 4; i++) await server.sql("INSERT INTO s.t VALUES ()");
      assert(!(await semiSyncCounters(server)).on);
      await setSemiSync(server, "timeout", "600000");
      dump.kill("SIGCONT");
      await waitUntil(async () => (await semiSyncCounters(server)).on, 60_000, () => dump.log);
      const told = /(back to semi-sync|went unacknowledged).* unacknowledged=4/;
      await dump.until(() => told.test(dump.log), 60_000);
      assertEquals((await dump.stop()).code, 0);
      const changes = dump.log.match(/unacknowledged=4/g)!.length;
      const back = dump.log.match(/has fallen back/g)?.length ?? 0;
      // Seen while off: one line for each direction. Over before it was seen: one line.
      assertEquals(changes, back === 1 ? 2 : 1, dump.log);
      await assertIdentical(server, dir);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});

serverTest("a source restarted under load is joined again", async (kind) => {
  await using server = await startSemiSyncSource(kind);
  await withFolder(async (dir) => {
    const dump = semiSyncDump(server, dir);
    try {
      await joined(server, dump);
      await server.sql(TABLE);
      const writer = load(server);
      for (const crash of [false, true]) {
        await waitUntil(() => writer.commits > 20);
        if (crash) {
          await server.kill9();
          await server.launch();
        } else await server.restart();
        writer.commits = 0;
        await waitUntil(() => writer.commits > 20, 60_000, () => dump.log);
        const counters = await semiSyncCounters(server);
        assert(counters.on && counters.noTx === 0 && counters.clients === 1, dump.log);
      }
      await writer.stop();
      assert(await hasCommits(server, dir));
      assertEquals((await dump.stop()).code, 0);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});

serverTest("far behind, it catches up without acknowledging and then joins", async (kind) => {
  await using server = await startSemiSyncSource(kind, ["max-binlog-size=4M"]);
  await withFolder(async (dir) => {
    await setSemiSync(server, "enabled", "OFF");
    await server.sql(TABLE + "CREATE TABLE s.big (b longtext)");
    for (let i = 0; i < 30; i++) await server.sql("INSERT INTO s.big VALUES (REPEAT('x',1000000))");
    await setSemiSync(server, "enabled", "ON");
    const dump = semiSyncDump(server, dir);
    try {
      // Waits for an ACK from the first moment on, and must not wait for 30 MB of history.
      const commit = server.sql("INSERT INTO s.t VALUES ()");
      await joined(server, dump);
      await commit;
      const order = ["catching up, not acknowledging", "caught up, joining semi-sync", "dumping"];
      await dump.until(() => order.every((text) => dump.log.includes(text)));
      const places = order.map((text) => dump.log.indexOf(text));
      assert(places.every((place, i) => place >= 0 && place > (places[i - 1] ?? -1)), dump.log);
      assert(await hasCommits(server, dir));
      const { on, noTx } = await semiSyncCounters(server);
      assertEquals([on, noTx - 31 <= 1], [true, true]);
      assertEquals((await dump.stop()).code, 0);
      assertStringIncludes(dump.log, "acks=");
      await assertIdentical(server, dir);
    } finally {
      dump.kill("SIGKILL");
    }
  });
});
