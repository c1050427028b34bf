import type { RealServer } from "../testbed/server.ts";
import { binlogdCommand } from "./binlogd_command.ts";
import { type Cost, measure, median } from "./measure.ts";

const HERE = new URL("./", import.meta.url).pathname;
const NO_VERIFY = "--unsafely-ignore-certificate-errors=no-verify.invalid";
const ANNOTATE = 2;
const NON_BLOCK = 1;
const PLAIN_WAY_LIMIT = 32 * 2 ** 20;

/** One way to copy everything a source has into a folder. */
export interface Side {
  name: string;
  run(dir: string): Promise<Cost>;
  /** Bytes after which a slow side stops; it runs once, and its row is scaled. */
  limit?: number;
}

/** The sides that are compared on one source. */
export function dumpSides(server: RealServer, tls: boolean, files: string[]): Side[] {
  const env = { MYSQL_PWD: "secret" };
  const flags = NON_BLOCK | (server.flavour === "mariadb" ? ANNOTATE : 0);
  const plainTls = server.flavour === "mysql"
    ? ["--ssl-mode=DISABLED", "--get-server-public-key"]
    : ["--skip-ssl"];
  const withTls = server.flavour === "mysql"
    ? ["--ssl-mode=REQUIRED"]
    : ["--ssl", "--disable-ssl-verify-server-cert"];
  const tool = [server.mysqlbinlog, "--no-defaults", "--raw", "--read-from-remote-server"];
  const login = ["--host=127.0.0.1", `--port=${server.port}`, "--user=repl"];
  const url = `mysql://repl@127.0.0.1:${server.port}`;
  const sides: Side[] = [
    {
      name: server.flavour === "mysql" ? "mysqlbinlog" : "mariadb-binlog",
      run: (dir) =>
        measure([
          ...tool,
          ...login,
          ...(tls ? withTls : plainTls),
          `--result-file=${dir}/`,
          ...files,
        ], { env }),
    },
    {
      name: "binlogd",
      run: (dir) =>
        measure(
          binlogdCommand([
            "dump",
            url,
            `--dir=${dir}`,
            `--ssl-mode=${tls ? "REQUIRED" : "DISABLED"}`,
            "--get-server-public-key",
            "--quiet",
          ]),
          { env },
        ),
    },
  ];
  if (tls) return sides;
  const script = (name: string, ...args: string[]): Promise<Cost> =>
    measure([
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--cached-only",
      NO_VERIFY,
      `${HERE}${name}.ts`,
      String(server.port),
      String(flags),
      ...args,
    ]);
  sides.push({ name: "throw away", run: () => script("discard") });
  sides.push({ name: "copy blindly", run: (dir) => script("copy_blindly", dir) });
  sides.push({
    name: "plain way",
    run: (dir) => script("plain_way", dir, String(PLAIN_WAY_LIMIT)),
    limit: PLAIN_WAY_LIMIT,
  });
  return sides;
}

/** Runs all sides in turn, after a warm-up, and returns the medians of each. */
export async function inTurn(sides: Side[], runs: number, target: string): Promise<Cost[]> {
  const costs = sides.map((): Cost[] => []);
  for (let run = 0; run <= runs; run++) {
    for (const [index, side] of sides.entries()) {
      if (side.limit && run !== 1) continue;
      const dir = await Deno.makeTempDir({ dir: target, prefix: "binlogd-bench-" });
      try {
        const cost = await side.run(dir);
        if (run > 0) costs[index]!.push(cost);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    }
  }
  return costs.map((side) => ({
    wall: median(side.map((cost) => cost.wall)),
    user: median(side.map((cost) => cost.user)),
    sys: median(side.map((cost) => cost.sys)),
    rss: Math.max(...side.map((cost) => cost.rss)),
  }));
}

/** A table of medians, with ratios to the first side. */
export function table(sides: Side[], costs: Cost[], bytes: number): string {
  const base = costs[0]!;
  const cpu = (cost: Cost): number => cost.user + cost.sys;
  const rows = sides.map(({ name, limit }, i) => {
    const scale = limit === undefined ? 1 : bytes / limit;
    const { wall, user, sys, rss } = costs[i]!;
    const cost = { wall: wall * scale, user: user * scale, sys: sys * scale, rss };
    return [
      limit === undefined ? name : `${name} (scaled)`,
      `${cost.wall.toFixed(2)} s`,
      `${(bytes / 2 ** 20 / cost.wall).toFixed(0)} MiB/s`,
      `${cost.user.toFixed(2)}+${cost.sys.toFixed(2)} s`,
      `${cost.rss.toFixed(0)} MiB`,
      (cost.wall / base.wall).toFixed(2),
      (cpu(cost) / cpu(base)).toFixed(2),
    ];
  });
  const head = ["", "wall", "speed", "CPU user+sys", "memory", "wall ratio", "CPU ratio"];
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: string[]): string =>
    "  " + row.map((text, i) => i ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)).join("  ");
  return [head, ...rows].map(line).join("\n");
}
