/** The program with --on-close: how a run of it ends, and what it leaves to the next. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, binlogdCommand, waitUntil } from "../_binlogd.ts";
import { makeStore, NAMES } from "../_era_store.ts";
import { withFolder } from "../_pipeline.ts";
import { writeScript } from "../_script.ts";
import { withServer, writeFiles } from "../server/_local.ts";

const PLAIN = ["--ssl-mode=DISABLED", "--get-server-public-key"];

/** A command that notes its file and does `more`; with what it has noted. */
async function command(
  dir: string,
  more = "",
): Promise<{ program: string; notes: () => Promise<string[]> }> {
  const program = `${dir}/note`;
  const text = `#!/bin/sh\nbasename "$1" >> '${dir}/notes'\n${more}\n`;
  await writeScript(program, text);
  const notes = async (): Promise<string[]> => {
    const noted = await Deno.readTextFile(`${dir}/notes`).catch(() => "");
    return noted.split("\n").filter((line) => line !== "");
  };
  return { program, notes };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} to the process group leaves the file whose command it ends to the next run`, async () => {
    await withServer(writeFiles, async ({ port }) => {
      await withFolder(async (dir) => {
        const { program, notes } = await command(dir, `[ -e '${dir}/quick' ] || exec sleep 30`);
        const store = `${dir}/store`;
        const args = ["dump", `mysql://repl@127.0.0.1:${port}`, "--dir", store, ...PLAIN];
        args.push("--on-close", program);
        const io: Partial<Deno.CommandOptions> = { detached: true, stdout: "null" };
        const child = binlogdCommand([...args, "--follow"], {}, io).spawn();
        const output = child.output();
        await waitUntil(async () => (await notes()).length > 0);
        Deno.kill(-child.pid, signal);
        const { code, stderr } = await output;
        const log = new TextDecoder().decode(stderr);
        assertEquals(code, 0, log);
        assertStringIncludes(log, "--on-close is left to the next run files=1 from=binlog.000001");
        const purge = await binlogd(["purge", "--dir", store, "--to", "binlog.000002"]);
        assertEquals(purge.code, 6, purge.stderr);
        assertStringIncludes(purge.stderr, "--on-close has not run for binlog.000001 yet");
        await Deno.writeTextFile(`${dir}/quick`, "");
        const next = await binlogd(args);
        assertEquals(next.code, 0, next.stderr);
        assertEquals(await notes(), ["binlog.000001", "binlog.000001"]);
      });
    });
  });
}

Deno.test("a dump that fails waits for the command that runs, and begins no other", async () => {
  await withFolder(async (dir) => {
    const { program, notes } = await command(dir, `sleep 3; echo end >> '${dir}/notes'`);
    const store = `${dir}/store`;
    await Deno.mkdir(store);
    await makeStore(store);
    await Deno.remove(`${store}/binlogd.state.json`);
    const args = ["dump", "mysql://repl@127.0.0.1:1", "--dir", store, "--retry-limit=0"];
    const { code, stderr } = await binlogd([...args, "--on-close", program]);
    assert(code !== 0, stderr);
    assertStringIncludes(stderr, "waiting for --on-close files=1");
    assertEquals(await notes(), [NAMES[0], "end"], stderr);
  });
});

Deno.test("--new-era tells of files that the command has not run for", async () => {
  await withServer(writeFiles, async ({ port }) => {
    await withFolder(async (dir) => {
      const { program, notes } = await command(dir);
      const store = `${dir}/store`;
      await Deno.mkdir(store);
      await makeStore(store);
      await Deno.writeTextFile(`${store}/binlogd.on-close.json`, `{"last":"${NAMES[0]}"}\n`);
      const args = ["dump", `mysql://repl@127.0.0.1:${port}`, "--dir", store, ...PLAIN];
      const { code, stderr } = await binlogd([...args, "--new-era", "--on-close", program]);
      assertEquals(code, 0, stderr);
      const where = `folder=${store}/era-1 files=2 first=${NAMES[1]} last=${NAMES[2]}`;
      assertStringIncludes(
        stderr,
        `--on-close has not run for files of the era, and will not ${where}`,
      );
      assertEquals(await notes(), ["binlog.000001"]);
    });
  });
});
