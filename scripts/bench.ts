/**
 * `deno task bench`: makes its data on real servers, runs binlogd and its peers in turn, prints
 * medians, ratios and the machine. Options: --size=1G of each kind of data, --runs=5,
 * --kinds=mysql97,mariadb1011, --only=small,large,blobs,rows,tls,disk,huge,latency, --disk=DIR,
 * --memory=DIR, a folder in memory: an executable may not write below /dev.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseSize } from "../lib/cli/option_values.ts";
import { makeLarge, makeMixed, makeRows, makeSmall } from "./bench/data.ts";
import { fdatasyncTime, latency } from "./bench/latency.ts";
import { measure } from "./bench/measure.ts";
import { binlogdCommand } from "./bench/binlogd_command.ts";
import { dumpSides, inTurn, table } from "./bench/sides.ts";
import { ALL_KINDS, KINDS, type ServerKind } from "./testbed/kinds.ts";
import { RealServer } from "./testbed/server.ts";

const HUGE = 1000 * 2 ** 20;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

async function machine(): Promise<string> {
  const cpu = /model name\s*:\s*(.+)/.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1] ?? "?";
  const { total } = Deno.systemMemoryInfo();
  return `${navigator.hardwareConcurrency} cores of ${cpu}, ${(total / 2 ** 30).toFixed(0)} GiB, ` +
    `Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}`;
}

const flags = parseArgs(Deno.args, {
  string: ["size", "runs", "kinds", "only", "disk", "memory"],
});
const size = parseSize(String(flags.size ?? "1G"))!;
const runs = Number(flags.runs ?? 5);
const kinds = String(flags.kinds ?? "mysql97,mariadb1011").split(",") as ServerKind[];
const only = String(flags.only ?? "small,large,blobs,rows,tls,disk,huge,latency").split(",");

/** What the binlogs are filled with, by the word of --only. */
const DATA = {
  small: { name: "small transactions", make: makeSmall },
  large: { name: "large rows (half events of 8 KiB, half of 1 MB)", make: makeMixed },
  blobs: { name: "rows of 1 MB", make: makeLarge },
  rows: { name: "transactions of 900 rows (events of 8 KiB)", make: makeRows },
};
type DataName = keyof typeof DATA;
const memory = String(flags.memory ?? "/dev/shm");
const disk = String(flags.disk ?? Deno.makeTempDirSync({ dir: ".", prefix: ".bench-" }));

async function compare(server: RealServer, what: string, bytes: number, more: {
  tls?: boolean;
  target?: string;
}): Promise<void> {
  // The newest file is still open on the source: both sides copy what is there of it.
  const sides = dumpSides(server, more.tls ?? false, await server.binlogFiles());
  const costs = await inTurn(sides, runs, more.target ?? memory);
  print(`\n${KINDS[server.kind].label}, ${(bytes / 2 ** 20).toFixed(0)} MiB of ${what}:`);
  print(table(sides, costs, bytes));
}

async function throughput(kind: ServerKind, what: DataName): Promise<void> {
  await using server = await RealServer.start(kind, { config: ["max-binlog-size=1G"] });
  const { name, make } = DATA[what];
  const bytes = await make(server, size);
  await compare(server, `${name}, plain TCP into memory`, bytes, {});
  if (only.includes("disk")) {
    await compare(server, `${name}, plain TCP onto disk`, bytes, { target: disk });
  }
  if (only.includes("tls") && kind !== "mariadb1011") {
    await compare(server, `${name}, TLS into memory`, bytes, { tls: true });
  }
}

async function huge(): Promise<void> {
  await using server = await RealServer.start("mysql97", {
    config: ["innodb-redo-log-capacity=4G"],
  });
  await server.sql(
    "CREATE DATABASE bench; CREATE TABLE bench.huge (c LONGBLOB); " +
      `INSERT INTO bench.huge VALUES (REPEAT('x', ${HUGE}))`,
  );
  const dir = await Deno.makeTempDir({ dir: memory, prefix: "binlogd-bench-" });
  try {
    const cost = await measure(
      binlogdCommand([
        "dump",
        `mysql://repl@127.0.0.1:${server.port}`,
        `--dir=${dir}`,
        "--ssl-mode=DISABLED",
        "--get-server-public-key",
        "--quiet",
      ]),
      { env: { MYSQL_PWD: "secret" } },
    );
    print(
      `\nOne event of ${HUGE / 2 ** 20} MiB: ${cost.wall.toFixed(2)} s, peak memory ` +
        `${cost.rss.toFixed(0)} MiB`,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function follower(kind: ServerKind): Promise<void> {
  await using server = await RealServer.start(kind);
  print(`\n${KINDS[kind].label}, --follow, store on disk:`);
  for (const sync of ["interval:1s", "always"]) {
    const dir = await Deno.makeTempDir({ dir: disk });
    const found = await latency(server, dir, sync);
    print(
      `  --sync=${sync}: idle ${found.idlePercent.toFixed(2)} % of a core; in the file after ` +
        `${found.medianMs.toFixed(2)} ms (median), ${found.p99Ms.toFixed(2)} ms (p99)`,
    );
  }
}

try {
  print(await machine());
  print(`bare fdatasync of the disk: ${(await fdatasyncTime(disk)).toFixed(2)} ms`);
  for (const kind of kinds) {
    if (!ALL_KINDS.includes(kind)) throw new Error(`no such server: ${kind}`);
    for (const what of Object.keys(DATA) as DataName[]) {
      if (only.includes(what)) await throughput(kind, what);
    }
    if (only.includes("latency")) await follower(kind);
  }
  if (only.includes("huge")) await huge();
} finally {
  if (flags.disk === undefined) await Deno.remove(disk, { recursive: true });
}
