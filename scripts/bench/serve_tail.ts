import { RealServer } from "../testbed/server.ts";
import type { ServerKind } from "../testbed/kinds.ts";
import { pacedWrites } from "./paced_writes.ts";
import { processCost } from "./process_cost.ts";
import { type Found, ReaderProcess } from "./reader_process.ts";
import { Served } from "./served.ts";
import { TAIL_PHASE } from "./tail_mark.ts";

const REPLICAS = 100;
const COMMITS_PER_SECOND = 100;
const ROW_BYTES = 10_000;
/** Written before anything is measured, so that all programs have run warm. */
const WARM_UP_SECONDS = 3;
const ANNOTATE = 2;

const ms = (value: number | undefined): string => `${value?.toFixed(1)} ms`;

function line(name: string, found: Found): string {
  return `  from ${name.padEnd(13)} written to received p50 ${ms(found.p50)}, p99 ${
    ms(found.p99)
  }, at most ${ms(found.max)}, ${found.events} events; ${
    found.cpu?.toFixed(2)
  } s of CPU of the readers`;
}

/** Percentiles over a part of the events would look better than they are. */
function checkCount(name: string, found: Found, expected: number): void {
  if (found.events === expected) return;
  throw new Error(`from ${name} ${found.events} events came, and ${expected} were written`);
}

/**
 * 100 replicas at the live tail of `binlogd run` with 1 MB/s written at its source, and one replica
 * at the source itself beside them: what that one waits for is not binlogd's doing. No event is left
 * out, however late it comes. Returns lines to print.
 */
export async function measureTail(kind: ServerKind, seconds: number): Promise<string[]> {
  await using server = await RealServer.start(kind);
  await server.sql("CREATE DATABASE bench; CREATE TABLE bench.t (a TEXT)");
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
  try {
    await using served = await Served.start(server.flavour, folder, [
      "run",
      `mysql://repl@127.0.0.1:${server.port}`,
      `--dir=${folder}/store`,
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
    const flags = server.flavour === "mariadb" ? ANNOTATE : 0;
    await using direct = new ReaderProcess("tail_readers", server.port, flags, 1);
    await using through = new ReaderProcess("tail_readers", served.port, flags, REPLICAS);
    const write = (phase: string, commits: number) =>
      pacedWrites(server, { phase, commits, bytes: ROW_BYTES, perSecond: COMMITS_PER_SECOND });
    await write(TAIL_PHASE.ready, 1);
    await Promise.all([direct.next(), through.next()]);
    await write(TAIL_PHASE.warmUp, COMMITS_PER_SECOND * WARM_UP_SECONDS);
    const before = (await processCost(served.pid)).cpu;
    const { commits, megabytes } = await write(TAIL_PHASE.timed, COMMITS_PER_SECOND * seconds);
    await write(TAIL_PHASE.end, 1);
    const [one, all] = await Promise.all([direct.next(), through.next()]);
    checkCount("the source", one, commits);
    checkCount("binlogd", all, commits * REPLICAS);
    const { cpu, peakMiB } = await processCost(served.pid);
    const load = Deno.loadavg()[0]!;
    return [
      `${REPLICAS} replicas at the live tail of binlogd run; ${commits} commits, ` +
      `${megabytes.toFixed(2)} MB/s, load ${load.toFixed(1)}:`,
      line("the source", one),
      line("binlogd", all),
      `  binlogd: ${(cpu - before).toFixed(2)} s of CPU, ${peakMiB.toFixed(0)} MiB at most`,
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
