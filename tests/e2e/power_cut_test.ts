/** What was acknowledged is there after a power cut, and the test would notice if it were not. */
import { assert, assertEquals } from "@std/assert";
import { LoopDisk } from "../../scripts/crash/loop_disk.ts";
import { type PowerCutOptions, runPowerCuts } from "../../scripts/crash/power_cuts.ts";
import { KINDS_HERE } from "../_servers.ts";
import { seededRandom } from "../_split.ts";

const missing = KINDS_HERE.includes("mysql97")
  ? await LoopDisk.missing()
  : "no MySQL server to be had";
const ROUNDS = Number(Deno.env.get("BINLOGD_POWER_CUTS") ?? 4);

function powerTest(name: string, work: () => Promise<void>): void {
  Deno.test({
    name: `${name}${missing ? ` (skipped: ${missing})` : ""}`,
    ignore: missing !== undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: work,
  });
}

const options: PowerCutOptions = { kind: "mysql97", rounds: ROUNDS, random: seededRandom(23) };

powerTest("a power cut loses nothing that was acknowledged", async () => {
  const report = await runPowerCuts(options);
  assertEquals(report.faults, []);
  assertEquals([report.rounds, report.losses], [ROUNDS, 0]);
  assert(report.commits >= ROUNDS * 20);
});

powerTest("nor does one between a reconnect and the first ACK", async () => {
  const report = await runPowerCuts({ ...options, afterReconnect: true });
  assertEquals(report.faults, []);
  assertEquals([report.rounds, report.losses], [ROUNDS, 0]);
});

powerTest("with the sync taken out each power cut loses acknowledged commits", async () => {
  const report = await runPowerCuts({ ...options, withoutSync: true });
  assertEquals([report.rounds, report.roundsWithLoss], [ROUNDS, ROUNDS]);
});
