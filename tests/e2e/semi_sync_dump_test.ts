import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { KINDS } from "../../scripts/testbed/kinds.ts";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { patientSource, semiSyncCounters, setSemiSync } from "../_semi_sync.ts";
import { type RealServer, type ServerKind, serverTest, startServer } from "../_servers.ts";

function follow(server: RealServer, dir: string, ...more: string[]): RunningBinlogd {
  return new RunningBinlogd([
    "dump",
    sourceUrl(server),
    "--dir",
    dir,
    "--follow",
    "--semi-sync",
    ...more,
  ]);
}

function startSource(kind: ServerKind, more: string[] = []): Promise<RealServer> {
  const config = [...patientSource(KINDS[kind].flavour), ...more];
  return startServer(kind, { semiSync: true, config });
}

/** Waits until commits on the source wait for this dump's ACKs. */
async function joined(server: RealServer, dump: RunningBinlogd): Promise<void> {
  await dump.until(async () => (await semiSyncCounters(server)).clients === 1);
}

async function assertIdentical(server: RealServer, dir: string): Promise<void> {
  const files = await server.binlogFiles();
  for (const [index, file] of files.entries()) {
    const active = index === files.length - 1;
    const source = `${server.binlogDir}/${file}`;
    const result = await compareBinlogFiles(`${dir}/${file}`, source, { active });
    assert(result.equal, `${file}: ${result.reason} at ${result.firstDifference}`);
  }
}

serverTest("a commit returns promptly and is in the store", async (kind) => {
  await using server = await startSource(kind);
  await withFolder(async (dir) => {
    const dump = follow(server, dir);
    try {
      await joined(server, dump);
      const before = await semiSyncCounters(server);
      assert(before.on, "source says OFF");
      const start = performance.now();
      await server.sql("CREATE DATABASE s; CREATE TABLE s.t (a int primary key)");
      for (let i = 0; i < 20; i++) {
        await server.sql(`INSERT INTO s.t VALUES (${i})`);
        // The source has flushed its own file, and the statement returned: it must be here.
        assert(await caughtUp(server, dir), `commit ${i} returned before it was stored`);
      }
      assert(performance.now() - start < 8000, "commits waited");
      await server.sql("FLUSH BINARY LOGS; INSERT INTO s.t VALUES (100)");
      assert(await caughtUp(server, dir), "the first commit of a new file was not stored");
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
      assertStringIncludes(auto.log, "the source has no semi-sync; going on without");
      assertEquals((await auto.stop()).code, 0);
    } finally {
      auto.kill("SIGKILL");
    }
  });
}, ["mysql97"]);
