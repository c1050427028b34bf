/**
 * `deno task bench:serve`: binlogd as a source beside the real server, on the same files, in turn:
 * one mysqlbinlog, 16 readers at once, 100 replicas at the live tail. Options: --size=1G of each
 * kind of data, --runs=5, --kinds=mysql97,mariadb1011, --only=one,many,tail,
 * --data=small,large, --seconds=20 of tail.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseSize } from "../../lib/cli/option_values.ts";
import { ALL_KINDS, KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { makeLarge, makeSmall } from "./data.ts";
import { measure, median } from "./measure.ts";
import { processCost } from "./process_cost.ts";
import { ReaderProcess } from "./reader_process.ts";
import { measureTail } from "./serve_tail.ts";
import { Served } from "./served.ts";
import { binlogdCommand } from "./binlogd_command.ts";

const MEMORY = "/dev/shm";
const READERS = 16;
const NON_BLOCK = 1;
const ANNOTATE = 2;

const flags = parseArgs(Deno.args, {
  string: ["size", "runs", "kinds", "only", "data", "seconds"],
});
const size = parseSize(String(flags.size ?? "1G"))!;
const runs = Number(flags.runs ?? 5);
const seconds = Number(flags.seconds ?? 20);
const kinds = String(flags.kinds ?? "mysql97").split(",") as ServerKind[];
const data = String(flags.data ?? "small,large").split(",");
const only = String(flags.only ?? "one,many,tail").split(",");

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
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
    await using served = await Served.start(server.flavour, folder, ["serve", `--dir=${dir}`]);
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
        const flags = NON_BLOCK | (server.flavour === "mariadb" ? ANNOTATE : 0);
        await using readers = new ReaderProcess("many_readers", side.port, flags, READERS);
        return (await readers.next()).seconds!;
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const kind of kinds) {
  if (!ALL_KINDS.includes(kind)) throw new Error(`no such server: ${kind}`);
  const load = Deno.loadavg()[0]!.toFixed(1);
  const cores = navigator.hardwareConcurrency;
  print(`${KINDS[kind].label}, ${cores} cores, load ${load}, Deno ${Deno.version.deno}`);
  if (only.includes("one") || only.includes("many")) {
    if (data.includes("small")) await catchUp(kind, "small");
    if (data.includes("large")) await catchUp(kind, "large");
  }
  if (only.includes("tail")) print(`\n${(await measureTail(kind, seconds)).join("\n")}`);
}
