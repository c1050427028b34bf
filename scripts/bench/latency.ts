import { Relay } from "../../lib/proxy/relay.ts";
import type { RealServer } from "../testbed/server.ts";
import { median } from "./measure.ts";
import { binlogdCommand } from "./binlogd_command.ts";

const IDLE_MS = 10_000;
const COMMITS = 200;
const PAUSE_MS = 15;
const TICKS_PER_SECOND = 100;

async function cpuTicks(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds of a bare 4 KiB write and fdatasync in a folder, median of 50. */
export async function fdatasyncTime(dir: string): Promise<number> {
  const path = `${dir}/sync-probe`;
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(4096);
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    file.writeSync(block);
    const start = performance.now();
    file.syncDataSync();
    times.push(performance.now() - start);
  }
  await Deno.remove(path);
  return median(times);
}

/** What a follower costs while nothing happens, and how soon an event is in its file. */
export async function latency(server: RealServer, dir: string, sync: string): Promise<{
  idlePercent: number;
  medianMs: number;
  p99Ms: number;
}> {
  let sentAt = 0;
  const relay = Relay.listen({
    target: { port: server.port },
    onBytes: (_, direction) => {
      if (direction === "down" && sentAt === 0) sentAt = performance.now();
    },
  });
  const [command, ...args] = binlogdCommand([
    "dump",
    `mysql://repl@127.0.0.1:${relay.port}`,
    `--dir=${dir}`,
    "--follow",
    `--sync=${sync}`,
    "--get-server-public-key",
    "--ssl-mode=DISABLED",
    "--quiet",
  ]);
  const child = new Deno.Command(command!, {
    args,
    env: { MYSQL_PWD: "secret" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await server.sql(
      "CREATE DATABASE IF NOT EXISTS bench; CREATE TABLE IF NOT EXISTS bench.l (a INT)",
    );
    const { file } = await server.binlogEnd();
    await delay(3000);
    const before = await cpuTicks(child.pid);
    await delay(IDLE_MS);
    const idle = (await cpuTicks(child.pid) - before) / TICKS_PER_SECOND / (IDLE_MS / 1000) * 100;
    const times: number[] = [];
    const commits = server.sql(
      "USE bench;" + `INSERT INTO l VALUES (1); DO SLEEP(${PAUSE_MS / 1000});`.repeat(COMMITS),
    );
    for (let i = 0; i < COMMITS; i++) {
      const size = Deno.statSync(`${dir}/${file}`).size;
      sentAt = 0;
      const limit = performance.now() + 5000;
      while (Deno.statSync(`${dir}/${file}`).size === size && performance.now() < limit) {
        await delay(0);
      }
      if (sentAt > 0) times.push(performance.now() - sentAt);
      await delay(PAUSE_MS / 3);
    }
    await commits;
    times.sort((a, b) => a - b);
    return {
      idlePercent: idle,
      medianMs: median(times),
      p99Ms: times[Math.floor(times.length * 0.99)]!,
    };
  } finally {
    child.kill("SIGKILL");
    await child.status;
    relay.stop();
  }
}
