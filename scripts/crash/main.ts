/**
 * `deno task test:crash [KIND…] [--dumper-kills=N] [--source-kills=N] [--cuts=N] [--clients=N]
 * [--seed=N]`: the long proof that a commit which returned is in the store. Prints rounds, commits
 * and losses; ends with 1 where anything was lost or is wrong.
 */
import { ALL_KINDS, type ServerKind } from "../testbed/kinds.ts";
import { runCrashRounds } from "./crash_rounds.ts";

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function setting(name: string, standard: number): number {
  const found = Deno.args.find((arg) => arg.startsWith(`--${name}=`));
  return found === undefined ? standard : Number(found.slice(name.length + 3));
}

const kinds = Deno.args.filter((arg): arg is ServerKind => ALL_KINDS.includes(arg as ServerKind));
let failed = false;
for (const kind of kinds.length > 0 ? kinds : ["mysql97", "mariadb1011"] as const) {
  const seed = setting("seed", Date.now() % 1_000_000);
  const started = Date.now();
  const report = await runCrashRounds({
    kind,
    rounds: {
      "dumper kill": setting("dumper-kills", 200),
      "source kill": setting("source-kills", 20),
      "link cut": setting("cuts", 50),
    },
    clients: setting("clients", 8),
    seed,
    onRound: (round, disaster, commits) => {
      if (round % 10 === 0) print(`${kind}: round ${round} (${disaster}), ${commits} commits`);
    },
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  print(
    `${kind}: ${report.rounds} rounds, ${report.commits} commits, ${report.losses} losses, ` +
      `${report.files} files compared, ${report.exceptions.length} with the in-use flag left by a ` +
      `crash, ${report.faults.length} faults, seed ${seed}, ${seconds} s`,
  );
  for (const fault of report.faults.slice(0, 20)) print(`  ${fault}`);
  if (report.losses > 0 || report.faults.length > 0) failed = true;
}
Deno.exit(failed ? 1 : 0);
