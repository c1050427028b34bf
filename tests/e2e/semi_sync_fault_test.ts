/** A sync that fails once, on a real source: nothing that returned is lost, nothing false is kept. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { CommitClients } from "../../scripts/crash/commit_clients.ts";
import { StoreContents } from "../../scripts/crash/store_contents.ts";
import { caughtUp, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { patientSource, semiSyncCounters } from "../_semi_sync.ts";
import { serverTest, startServer } from "../_servers.ts";

const FAULTY = new URL("../../scripts/crash/faulty_dumper.ts", import.meta.url).pathname;
const FAILING = 5;
const LIMIT_MS = 60_000;

/** The dumper with a failing sync; `log` is what it has said so far. */
function startFaulty(port: number, dir: string): { child: Deno.ChildProcess; log: () => string } {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", FAULTY, String(port), dir, `fails:${FAILING}`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let seen = "";
  const collect = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) seen += decoder.decode(chunk, { stream: true });
  };
  collect();
  return { child, log: () => seen };
}

serverTest("a sync that fails once loses no commit that returned", async (kind) => {
  await using server = await startServer(kind, {
    semiSync: true,
    config: patientSource("mysql"),
  });
  await server.sql(`SET sql_log_bin=0; ${CommitClients.SCHEMA}`);
  await withFolder(async (dir) => {
    const { child, log } = startFaulty(server.port, dir);
    const clients = new CommitClients(server, 4);
    try {
      await waitUntil(() => log().includes("it fails once"), LIMIT_MS, log);
      // Whatever returned till now was acknowledged by one of the syncs before.
      const returned = clients.ledger.size;
      const before = new StoreContents(dir);
      before.update();
      for (const commit of clients.ledger.slice(0, returned)) {
        assert(before.gtidOf(commit) !== undefined, `lost at the failure: ${commit.number}`);
      }
      await waitUntil(() => clients.ledger.size >= returned + 50, LIMIT_MS, log);
      await clients.stop();
      await waitUntil(() => caughtUp(server, dir), LIMIT_MS, log);
      const { on, noTx } = await semiSyncCounters(server);
      assertEquals([on, noTx], [true, 0], "the source fell back: this proves nothing");
      child.kill("SIGTERM");
      await child.status;
      const contents = new StoreContents(dir);
      contents.update();
      assertEquals(contents.faults, []);
      for (const commit of clients.ledger.slice(0, clients.ledger.size)) {
        assert(contents.gtidOf(commit) !== undefined, `lost: ${commit.client}:${commit.number}`);
      }
      const files = await server.binlogFiles();
      for (const [index, file] of files.entries()) {
        const active = index === files.length - 1;
        const source = `${server.binlogDir}/${file}`;
        const result = await compareBinlogFiles(`${dir}/${file}`, source, { active });
        assert(result.equal, `${file}: ${result.reason} at ${result.firstDifference}`);
      }
      assertEquals(log().match(/Cannot sync/g)?.length, 1, log());
      assertStringIncludes(log(), "the store can't be used, trying again");
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // ended by itself
      }
      await child.status;
    }
  });
}, ["mysql97"]);
