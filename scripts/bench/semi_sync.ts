/**
 * `deno task bench:semi-sync [KIND] [--seconds=N] [--runs=N] [--clients=1,8,32]`: what waiting for
 * an ACK costs a source's clients: without semi-sync, with binlogd, with the server's own replica
 * that syncs what it acknowledges, and with one that does not. All on the same source and disk, in
 * turn; medians of the runs are printed, with the lowest and the highest, since on a machine that
 * others use too one run says little. A run in which the source fell back counts as failed.
 * BINLOGD_BENCH_BINARY names an executable to measure instead of the checkout.
 */
import { caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../../tests/_binlogd.ts";
import { patientSource, semiSyncCounters, setSemiSync } from "../../tests/_semi_sync.ts";
import { ALL_KINDS, KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { commitLoad, type LoadResult } from "./commit_load.ts";
import { fdatasyncTime } from "./latency.ts";
import { median } from "./measure.ts";
import { OwnReplica } from "./own_replica.ts";

const SIDES = [
  "no semi-sync",
  "binlogd --semi-sync",
  "replica, sync_relay_log=1",
  "replica, default",
] as const;
type Side = (typeof SIDES)[number];

interface Run extends LoadResult {
  syncsPerCommit?: number;
}

const WARM_UP_S = 0.5;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function note(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

function setting(name: string, standard: string): string {
  return Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? standard;
}

/** One source and whoever acknowledges its commits. */
class SemiSyncBench {
  readonly #source: RealServer;
  readonly #replica: OwnReplica;
  readonly #dir: string;
  readonly #seconds: number;
  /** Commits of the side that runs, warm-up included. */
  #commits = 0;

  constructor(source: RealServer, replica: OwnReplica, dir: string, seconds: number) {
    this.#source = source;
    this.#replica = replica;
    this.#dir = dir;
    this.#seconds = seconds;
  }

  async run(side: Side, clients: number): Promise<Run> {
    if (side === "binlogd --semi-sync") return await this.#binlogd(clients);
    if (side === "no semi-sync") {
      await setSemiSync(this.#source, "enabled", "OFF");
      try {
        return await this.#load(clients);
      } finally {
        await setSemiSync(this.#source, "enabled", "ON");
      }
    }
    await this.#replica.begin(side === "replica, sync_relay_log=1");
    try {
      return await this.#acknowledged(clients);
    } finally {
      await this.#replica.end();
    }
  }

  async #load(clients: number): Promise<LoadResult> {
    await this.#commit(clients, WARM_UP_S);
    return await this.#commit(clients, this.#seconds);
  }

  async #commit(clients: number, seconds: number): Promise<LoadResult> {
    const result = await commitLoad(this.#source, clients, seconds);
    this.#commits += result.commits;
    return result;
  }

  /** A load of which every commit waits for an ACK, or it is an error. */
  async #acknowledged(clients: number): Promise<LoadResult> {
    await waitUntil(async () => (await semiSyncCounters(this.#source)).clients === 1);
    // The first commit switches a source back on that had been without replica.
    await this.#commit(1, 0.1);
    const before = await semiSyncCounters(this.#source);
    const result = await this.#load(clients);
    const after = await semiSyncCounters(this.#source);
    if (!before.on || !after.on || after.noTx !== before.noTx) {
      throw new Error(`the source fell back: ${JSON.stringify({ before, after })}`);
    }
    return result;
  }

  async #binlogd(clients: number): Promise<Run> {
    const dump = new RunningBinlogd([
      "dump",
      sourceUrl(this.#source),
      `--dir=${this.#dir}`,
      "--follow",
      "--semi-sync",
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
    try {
      await dump.until(async () =>
        await caughtUp(this.#source, this.#dir) &&
        (await semiSyncCounters(this.#source)).clients === 1
      );
      this.#commits = 0;
      const result = await this.#acknowledged(clients);
      const { stderr } = await dump.stop();
      const syncs = Number(/ended by signal.* syncs=(\d+)/.exec(stderr)?.[1]);
      return { ...result, syncsPerCommit: syncs / this.#commits };
    } finally {
      dump.kill("SIGKILL");
    }
  }
}

/** Median, and the lowest and highest value. */
function spread(values: number[], digits: number): string {
  const text = median(values).toFixed(digits);
  if (values.length < 2) return text;
  return `${text} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

function row(side: Side, clients: number, runs: Run[]): string {
  const of = (get: (run: Run) => number, digits: number): string => spread(runs.map(get), digits);
  const cells = [
    side,
    String(clients),
    of((run) => run.p50, 2),
    of((run) => run.p99, 1),
    of((run) => run.perSecond, 0),
    runs[0]!.syncsPerCommit === undefined ? "" : of((run) => run.syncsPerCommit!, 2),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** binlogd beside another side, run by run: what else went on meanwhile met both. */
function ratios(results: Map<string, Run[]>, clients: number, other: Side): string {
  const ours = results.get(`${clients}|binlogd --semi-sync`);
  const theirs = results.get(`${clients}|${other}`);
  if (!ours || !theirs) return "";
  const of = (get: (run: Run) => number): string =>
    spread(ours.map((run, i) => get(run) / get(theirs[i]!)), 2);
  return `${clients} clients, binlogd / ${other}: p50 ${of((run) => run.p50)}, commits/s ${
    of((run) => run.perSecond)
  }`;
}

async function main(): Promise<void> {
  const binary = Deno.env.get("BINLOGD_BENCH_BINARY");
  if (binary) Deno.env.set("BINLOGD_TEST_BINARY", binary);
  const kind = Deno.args.find((arg): arg is ServerKind => ALL_KINDS.includes(arg as ServerKind)) ??
    "mysql97";
  const seconds = Number(setting("seconds", "5"));
  const runs = Number(setting("runs", "3"));
  const clientCounts = setting("clients", "1,8,32").split(",").map(Number);
  const sides = SIDES.filter((side) => side.includes(setting("only", "")));
  await using source = await RealServer.start(kind, {
    semiSync: true,
    config: patientSource(KINDS[kind].flavour),
  });
  const dir = await Deno.makeTempDir({ prefix: "binlogd-bench-" });
  const replica = await OwnReplica.start(source);
  try {
    await setSemiSync(source, "enabled", "OFF");
    await source.sql(
      "CREATE DATABASE bench; CREATE TABLE bench.t (id INT PRIMARY KEY AUTO_INCREMENT, text TEXT)",
    );
    await setSemiSync(source, "enabled", "ON");
    const bench = new SemiSyncBench(source, replica, dir, seconds);
    const results = new Map<string, Run[]>();
    const syncTimes: number[] = [];
    for (let run = 0; run < runs; run++) {
      for (const clients of clientCounts) {
        // Always in this order: the source notices that a replica has left when it next sends it
        // something, which the commits without semi-sync see to.
        for (const side of sides) {
          syncTimes.push(await fdatasyncTime(dir));
          const key = `${clients}|${side}`;
          const result = await bench.run(side, clients);
          results.set(key, [...results.get(key) ?? [], result]);
          note(`run ${run + 1} ${row(side, clients, [result])}`);
        }
      }
    }
    print(
      `${KINDS[kind].label}, ${navigator.hardwareConcurrency} cores, sync_binlog=1, ` +
        "innodb_flush_log_at_trx_commit=1; fdatasync of 4 KiB: " +
        `${spread(syncTimes, 2)} ms; load ${Deno.loadavg()[1]!.toFixed(1)}; ` +
        `median of ${runs} runs of ${seconds} s; no commit went unacknowledged`,
    );
    print("\n| | clients | p50 ms | p99 ms | commits/s | syncs per commit |");
    print("|---|---:|---:|---:|---:|---:|");
    for (const clients of clientCounts) {
      for (const side of sides) print(row(side, clients, results.get(`${clients}|${side}`)!));
    }
    print("");
    for (const clients of clientCounts) {
      for (const other of ["replica, sync_relay_log=1", "replica, default"] as const) {
        print(ratios(results, clients, other));
      }
    }
  } finally {
    await replica.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

await main();
