/** Standard error that nobody reads any more: a log collector that is stuck. */
import { assert, assertEquals } from "@std/assert";
import { reservePort } from "../../scripts/testbed/reserve_port.ts";
import { waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

/** What a pipe holds on Linux. */
const PIPE_BYTES = 65536;
const LIMIT_MS = 60_000;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const FILE = new URL("../../testdata/mariadb118/binlog.000001", import.meta.url);
const ignore = Deno.build.os !== "linux";

function program(): string[] {
  const binary = Deno.env.get("BINLOGD_TEST_BINARY");
  if (binary) return [binary];
  return [Deno.execPath(), "run", "-A", "--quiet", "--cached-only", `--config=${CONFIG}`, MAIN];
}

interface Ended {
  code: number;
  /** From when it was told to end. */
  ms: number;
}

/** Runs binlogd with a full pipe for standard error; once `isUp`, it gets SIGTERM. */
async function withFullPipe(
  dir: string,
  args: string[],
  isUp?: () => Promise<boolean>,
): Promise<Ended> {
  const pipe = `${dir}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  using held = await Deno.open(pipe, { read: true, write: true });
  await held.write(new Uint8Array(PIPE_BYTES));
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" 2> "$0"', pipe, ...program(), ...args],
    stdin: "null",
    stdout: "null",
  }).spawn();
  const late = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  try {
    if (isUp) await waitUntil(isUp, LIMIT_MS).catch(() => {});
    const begin = performance.now();
    if (isUp) child.kill("SIGTERM");
    const { code } = await child.status;
    return { code, ms: performance.now() - begin };
  } finally {
    clearTimeout(late);
    await Deno.remove(pipe);
  }
}

/** Whether something listens there. */
async function answers(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a log that nobody reads does not keep a server from its work, nor from its end",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      using reserved = reservePort();
      const { port } = reserved.addr;
      const users = `${dir}/users.toml`;
      const store = `${dir}/store`;
      await Deno.mkdir(store);
      await Deno.copyFile(FILE, `${store}/binlog.000001`);
      await Deno.writeTextFile(users, "", { mode: 0o600 });
      let isUp = false;
      const listens = async (): Promise<boolean> => isUp = await answers(port);
      const args = ["serve", `--dir=${store}`, `--listen=127.0.0.1:${port}`, `--users=${users}`];
      const { code, ms } = await withFullPipe(dir, args, listens);
      assertEquals([isUp, code], [true, 0]);
      assert(ms < 30_000, `${ms} ms`);
    });
  },
});

Deno.test({
  name: "an error that nobody reads does not keep the program from its exit status",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      assertEquals((await withFullPipe(dir, ["dump", "--nope"])).code, 2);
    });
  },
});
