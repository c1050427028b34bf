/**
 * `deno task bench:serve`: binlogd as a source beside the real server, on the same files, in turn:
 * one mysqlbinlog, 16 readers at once, 100 replicas at the live tail. Options: --size=1G of each
 * kind of data, --runs=5, --kinds=mysql97,mariadb1011, --only=one,many,tail, --seconds=20 of tail.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseSize } from "../../lib/cli/option_values.ts";
import { ALL_KINDS, KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { makeLarge, makeSmall } from "./data.ts";
import { measure, median } from "./measure.ts";
import { processCost } from "./process_cost.ts";
import { Served } from "./served.ts";
import { binlogdCommand } from "./sides.ts";

const MEMORY = "/dev/shm";
const HERE = new URL("./", import.meta.url).pathname;
const NO_VERIFY = "--unsafely-ignore-certificate-errors=no-verify.invalid";
const READERS = 16;
const REPLICAS = 100;
/** Commits a second at the live tail, and bytes of each. */
const COMMITS = 100;
const ROW_BYTES = 10_000;

const flags = parseArgs(Deno.args, { string: ["size", "runs", "kinds", "only", "seconds"] });
const size = parseSize(String(flags.size ?? "1G"))!;
const runs = Number(flags.runs ?? 5);
const seconds = Number(flags.seconds ?? 20);
const kinds = String(flags.kinds ?? "mysql97").split(",") as ServerKind[];
const only = String(flags.only ?? "one,many,tail").split(",");

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Flags of a dump that ends at the end, or not; with MariaDB's annotations. */
function dumpFlags(server: RealServer, ends: boolean): number {
  return (ends ? 1 : 0) | (server.flavour === "mariadb" ? 2 : 0);
}

/** One of the two sources that are compared. */
interface Side {
  name: string;
  port: number;
  pid: number;
}

interface Result {
  wall: number;
  cpu: number;
}

/** Runs both sides in turn after a warm-up, and prints medians and ratios. */
async function inTurn(
  sides: Side[],
  bytes: number,
  run: (side: Side) => Promise<number>,
): Promise<void> {
  const results = sides.map((): Result[] => []);
  for (let i = 0; i <= runs; i++) {
    for (const [index, side] of sides.entries()) {
      const before = (await processCost(side.pid)).cpu;
      const wall = await run(side);
      const cpu = (await processCost(side.pid)).cpu - before;
      if (i > 0) results[index]!.push({ wall, cpu });
    }
  }
  const medians = results.map((side) => ({
    wall: median(side.map(({ wall }) => wall)),
    cpu: median(side.map(({ cpu }) => cpu)),
  }));
  const base = medians[0]!;
  for (const [index, side] of sides.entries()) {
    const { wall, cpu } = medians[index]!;
    const { peakMiB } = await processCost(side.pid);
    print(
      `  from ${side.name.padEnd(13)} ${wall.toFixed(2)} s, ${
        (bytes / 2 ** 20 / wall).toFixed(0)
      } MiB/s, its CPU ${cpu.toFixed(2)} s; speed ${(base.wall / wall).toFixed(2)}, CPU ${
        (cpu / base.cpu).toFixed(2)
      }${index > 0 ? `; memory at most ${peakMiB.toFixed(0)} MiB` : ""}`,
    );
  }
}

async function withMysqlbinlog(server: RealServer, side: Side, files: string[]): Promise<number> {
  const dir = await Deno.makeTempDir({ dir: MEMORY, prefix: "binlogd-bench-" });
  const plain = server.flavour === "mysql"
    ? ["--ssl-mode=DISABLED", "--get-server-public-key"]
    : ["--skip-ssl"];
  try {
    const cost = await measure([
      server.mysqlbinlog,
      "--no-defaults",
      "--raw",
      "--read-from-remote-server",
      "--host=127.0.0.1",
      `--port=${side.port}`,
      "--user=repl",
      ...plain,
      `--result-file=${dir}/`,
      ...files,
    ], { env: { MYSQL_PWD: "secret" } });
    return cost.wall;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Runs one of the reading programs beside this one; what it prints is JSON. */
async function reader(name: string, ...args: number[]): Promise<Record<string, number>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", NO_VERIFY, `${HERE}${name}.ts`, ...args.map(String)],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function catchUp(kind: ServerKind, what: "small" | "large"): Promise<void> {
  await using server = await RealServer.start(kind, { config: ["max-binlog-size=256M"] });
  const bytes = await (what === "small" ? makeSmall : makeLarge)(server, size);
  const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "binlogd-bench-" });
  try {
    const dir = `${folder}/store`;
    const url = `mysql://repl@127.0.0.1:${server.port}`;
    const plain = ["--ssl-mode=DISABLED", "--get-server-public-key", "--quiet"];
    await measure(binlogdCommand(["dump", url, `--dir=${dir}`, ...plain]), {
      env: { MYSQL_PWD: "secret" },
    });
    await using served = await Served.start(folder, ["serve", `--dir=${dir}`]);
    const sides = [
      { name: KINDS[kind].label, port: server.port, pid: server.pid },
      { name: "binlogd", port: served.port, pid: served.pid },
    ];
    const files = await server.binlogFiles();
    const name = what === "small" ? "small transactions" : "rows of 1 MB";
    if (only.includes("one")) {
      print(`\n${(bytes / 2 ** 20).toFixed(0)} MiB of ${name}, one mysqlbinlog --raw:`);
      await inTurn(sides, bytes, (side) => withMysqlbinlog(server, side, files));
    }
    if (only.includes("many")) {
      print(`\nThe same, ${READERS} readers at once that throw away what comes, all together:`);
      await inTurn(sides, bytes * READERS, async (side) => {
        const found = await reader("many_readers", side.port, dumpFlags(server, true), READERS);
        return found.seconds!;
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function tail(kind: ServerKind): Promise<void> {
  await using server = await RealServer.start(kind);
  await server.sql("CREATE DATABASE bench; CREATE TABLE bench.t (a TEXT)");
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
  try {
    await using served = await Served.start(folder, [
      "run",
      `mysql://repl@127.0.0.1:${server.port}`,
      `--dir=${folder}/store`,
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
    const flags = dumpFlags(server, false);
    const reading = [
      reader("tail_readers", server.port, flags, 1, seconds + 5),
      reader("tail_readers", served.port, flags, REPLICAS, seconds + 5),
    ];
    // Time for everybody to log in; what is written from then on is measured.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const cpu = (await processCost(served.pid)).cpu;
    const row = `CONCAT('<T', UNIX_TIMESTAMP(SYSDATE(6)), '>', REPEAT('x', ${ROW_BYTES}))`;
    const commit = `INSERT INTO t VALUES (${row}); DO SLEEP(${1 / COMMITS});`;
    await server.sql("USE bench;" + commit.repeat(COMMITS * (seconds - 2)));
    const cost = await processCost(served.pid);
    const [direct, through] = await Promise.all(reading);
    const ms = (value: number | undefined): string => `${value?.toFixed(1)} ms`;
    print(`\n${REPLICAS} replicas at the live tail of binlogd run, up to 1 MB/s written:`);
    for (const [name, found] of [["the source", direct], ["binlogd", through]] as const) {
      print(
        `  from ${name.padEnd(13)} written to received p50 ${ms(found?.p50)}, p99 ${
          ms(found?.p99)
        }, at most ${ms(found?.max)}, ${found?.events} events`,
      );
    }
    print(
      `  binlogd: ${(cost.cpu - cpu).toFixed(2)} s of CPU, ${cost.peakMiB.toFixed(0)} MiB at most`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const kind of kinds) {
  if (!ALL_KINDS.includes(kind)) throw new Error(`no such server: ${kind}`);
  print(`${KINDS[kind].label}, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}`);
  if (only.includes("one") || only.includes("many")) {
    await catchUp(kind, "small");
    await catchUp(kind, "large");
  }
  if (only.includes("tail")) await tail(kind);
}
