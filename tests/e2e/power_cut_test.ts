/** What was acknowledged is there after a power cut, and the test would notice if it were not. */
import { assert, assertEquals } from "@std/assert";
import { LoopDisk } from "../../scripts/crash/loop_disk.ts";
import { type PowerCutOptions, runPowerCuts } from "../../scripts/crash/power_cuts.ts";
import { KINDS } from "../../scripts/testbed/kinds.ts";
import { KINDS_HERE } from "../_servers.ts";
import { seededRandom } from "../_split.ts";

const noDisk = await LoopDisk.missing();
const ROUNDS = Number(Deno.env.get("BINLOGD_POWER_CUTS") ?? 4);

function powerTest(name: string, work: (options: PowerCutOptions) => Promise<void>): void {
  for (const kind of ["mysql97", "mariadb1011"] as const) {
    const missing = KINDS_HERE.includes(kind) ? noDisk : `no ${KINDS[kind].label} to be had`;
    Deno.test({
      name: `${name}, ${kind}${missing ? ` (skipped: ${missing})` : ""}`,
      ignore: missing !== undefined,
      sanitizeOps: false,
      sanitizeResources: false,
      fn: () => work({ kind, rounds: ROUNDS, random: seededRandom(23) }),
    });
  }
}

powerTest("a power cut loses nothing that was acknowledged", async (options) => {
  const report = await runPowerCuts(options);
  assertEquals(report.faults, []);
  assertEquals([report.rounds, report.losses], [ROUNDS, 0]);
  assert(report.commits >= ROUNDS * 20);
});

powerTest("nor does one between a reconnect and the first ACK", async (options) => {
  const report = await runPowerCuts({ ...options, afterReconnect: true });
  assertEquals(report.faults, []);
  assertEquals([report.rounds, report.losses], [ROUNDS, 0]);
});

powerTest("with the sync taken out each power cut loses acknowledged commits", async (options) => {
  const report = await runPowerCuts({ ...options, withoutSync: true });
  assertEquals([report.rounds, report.roundsWithLoss], [ROUNDS, ROUNDS]);
});
