/**
 * How fast verify reads and find answers: `deno task bench:verify [--size=1G] [--runs=3]
 * [--kinds=mysql97,mariadb1011] [--only=small,large,find,rows]`. Small transactions side by side with the
 * server's own `mysqlbinlog --verify-binlog-checksum`, large rows also with `cat`, all to /dev/null;
 * then find on 1,000 files, and `events -v` of many rows.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseSize } from "../../lib/cli/option_values.ts";
import { FileBuilder } from "../../tests/_events.ts";
import { KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { makeLarge, makeRows, makeSmall } from "./data.ts";
import { measure } from "./measure.ts";
import { binlogdCommand } from "./binlogd_command.ts";
import { inTurn, type Side, table } from "./sides.ts";

const FILES = 1000;
const TRANSACTIONS = 400;
const FIRST_TIME = 1_700_000_000;

const flags = parseArgs(Deno.args, { string: ["size", "runs", "kinds", "only"] });
const size = parseSize(String(flags.size ?? "1G"))!;
const runs = Number(flags.runs ?? 3);
const kinds = String(flags.kinds ?? "mysql97,mariadb1011").split(",") as ServerKind[];
const only = String(flags.only ?? "small,large,find,rows").split(",");

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}

async function closedFiles(server: RealServer): Promise<{ paths: string[]; bytes: number }> {
  const names = (await server.binlogFiles()).slice(0, -1);
  const paths = names.map((name) => `${server.binlogDir}/${name}`);
  const bytes = paths.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
  return { paths, bytes };
}

async function sideBySide(kind: ServerKind, what: "small" | "large"): Promise<void> {
  await using server = await RealServer.start(kind, { config: ["max-binlog-size=1G"] });
  await (what === "small" ? makeSmall : makeLarge)(server, size);
  const { paths, bytes } = await closedFiles(server);
  const tool = [server.mysqlbinlog, "--no-defaults", "--verify-binlog-checksum"];
  const sides: Side[] = [
    {
      name: server.flavour === "mysql" ? "mysqlbinlog" : "mariadb-binlog",
      run: () => measure([...tool, ...paths]),
    },
    { name: "binlogd verify", run: () => measure(binlogdCommand(["verify", ...paths])) },
    { name: "cat", run: () => measure(["cat", ...paths]) },
  ];
  const costs = await inTurn(sides, runs, "/dev/shm");
  const kindOf = what === "small" ? "small transactions" : "rows of 1 MB";
  print(`\n${KINDS[kind].label}, ${(bytes / 2 ** 20).toFixed(0)} MiB of ${kindOf}:`);
  print(table(sides, costs, bytes));
}

/** `events -v` beside `mysqlbinlog -v`, to /dev/null. */
async function printRows(kind: ServerKind): Promise<void> {
  await using server = await RealServer.start(kind, { config: ["max-binlog-size=1G"] });
  await makeRows(server, size);
  const { paths, bytes } = await closedFiles(server);
  const tool = [server.mysqlbinlog, "--no-defaults", "-v"];
  const sides: Side[] = [
    {
      name: server.flavour === "mysql" ? "mysqlbinlog -v" : "mariadb-binlog -v",
      run: () => measure([...tool, ...paths]),
    },
    { name: "binlogd events -v", run: () => measure(binlogdCommand(["events", "-v", ...paths])) },
  ];
  const costs = await inTurn(sides, runs, "/dev/shm");
  print(`\n${KINDS[kind].label}, ${(bytes / 2 ** 20).toFixed(0)} MiB of many rows:`);
  print(table(sides, costs, bytes));
}

/** A folder of files as a server writes them, made here: a thousand real ones would take long. */
async function makeFolder(dir: string): Promise<void> {
  let gno = 1;
  for (let i = 1; i <= FILES; i++) {
    const name = `binlog.${String(i).padStart(6, "0")}`;
    const builder = new FileBuilder(name).format();
    for (let n = 0; n < TRANSACTIONS; n++) {
      builder.timestamp = FIRST_TIME + gno;
      builder.transaction(gno++);
    }
    builder.rotate(`binlog.${String(i + 1).padStart(6, "0")}`);
    await Deno.writeFile(`${dir}/${name}`, builder.bytes());
  }
}

async function findOnThousand(): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "binlogd-find-" });
  try {
    await makeFolder(dir);
    const middle = (FILES * TRANSACTIONS) >> 1;
    const find = (...args: string[]): Side => ({
      name: args.length > 0 ? args[0]! : "version",
      run: () =>
        measure(binlogdCommand(
          args.length > 0 ? ["find", dir, "--index-file", `${dir}/index`, ...args] : ["version"],
        )),
    });
    const sides = [
      find(),
      find("--time", new Date((FIRST_TIME + middle) * 1000).toISOString().slice(0, 19) + "Z"),
      find("--gtid", `00000000-0000-0000-0000-000000000000:${middle}`),
      find("--position", "binlog.000500:50000"),
    ];
    const costs = await inTurn(sides, Math.max(runs, 5), "/dev/shm");
    print(`\nfind on ${FILES} indexed files; "version" is what starting the program takes:`);
    for (const [i, { name }] of sides.entries()) {
      const { wall } = costs[i]!;
      const more = i === 0
        ? ""
        : `, ${((wall - costs[0]!.wall) * 1000).toFixed(0)} ms for the answer`;
      print(`  ${name.padEnd(11)} ${(wall * 1000).toFixed(0).padStart(5)} ms${more}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

for (const what of ["small", "large"] as const) {
  if (!only.includes(what)) continue;
  for (const kind of kinds) await sideBySide(kind, what);
}
for (const kind of only.includes("rows") ? kinds : []) await printRows(kind);
if (only.includes("find")) await findOnThousand();
