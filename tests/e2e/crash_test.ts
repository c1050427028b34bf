/** A short run of `deno task test:crash`: every commit that returned is in the store. */
import { assert, assertEquals } from "@std/assert";
import { runCrashRounds } from "../../scripts/crash/crash_rounds.ts";
import { serverTest } from "../_servers.ts";

const SEED = 20261123;

serverTest("semi-sync: no commit that returned is lost, whoever is killed", async (kind) => {
  const report = await runCrashRounds({
    kind,
    rounds: { "dumper kill": 4, "source kill": 1, "link cut": 2 },
    clients: 8,
    seed: SEED,
  });
  assertEquals(report.faults, [], `seed ${SEED}`);
  assertEquals(report.losses, 0, `seed ${SEED}`);
  assertEquals(report.rounds, 7);
  assert(report.commits >= 70, `${report.commits} commits are too few to prove anything`);
});
