/** Exit codes and answers where there is nothing, or one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { binlogd, binlogdCommand } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const TESTDATA = new URL("../../testdata/mysql97", import.meta.url).pathname;

async function makeStore(dir: string): Promise<void> {
  for (const n of [1, 2, 3]) {
    const bytes = new FileBuilder(`b.00000${n}`).format().transaction(n).rotate(`b.00000${n + 1}`);
    await Deno.writeFile(`${dir}/b.00000${n}`, bytes.bytes());
  }
  await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n./b.000002\n./b.000003\n");
  await writeIdentity(dir, newIdentity());
}

Deno.test("nothing on standard input is no good file", async () => {
  for (const more of [[], ["--json"]]) {
    const none = await binlogd(["verify", "-", ...more]);
    assertEquals([none.code, none.stdout], [6, ""], none.stderr);
    assertStringIncludes(none.stderr, "Nothing came on standard input");
  }
  const child = binlogdCommand(["verify", "-"], {}, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new FileBuilder("b.000001").format().transaction(1).bytes());
  await writer.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "1 transaction");
});

Deno.test("find refuses GTIDs that it can't read, and none at all", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const cases = [["", "names no GTID"], [" ,", "names no GTID"], ["nonsense", "=nonsense"]];
    for (const [gtid, text] of cases) {
      const run = await binlogd(["find", dir, `--gtid=${gtid}`]);
      assertEquals(run.code, 2, run.stderr);
      assertStringIncludes(run.stderr, text!);
      assertStringIncludes(run.stderr, "uuid:1-5");
    }
    // Where they are left out, none is an answer: gtid_executed of a server that is new.
    const fine = await binlogd(["events", `${TESTDATA}/binlog.000002`, "--exclude-gtids="]);
    assertEquals(fine.code, 0, fine.stderr);
  });
});

Deno.test("purge counts files as one speaks", async () => {
  await withFolder(async (dir) => {
    await makeStore(dir);
    const purge = async (to: string): Promise<string> =>
      (await binlogd(["purge", "--dir", dir, "--to", to, "--dry-run"])).stdout;
    assertStringIncludes(await purge("b.000002"), "would remove 1 file, ");
    assertStringIncludes(await purge("b.000003"), "would remove 2 files, ");
  });
});

Deno.test("a folder that is not there is 6 for serve as for the others", async () => {
  await withFolder(async (dir) => {
    const env = { BINLOGD_USER_PASSWORD: "x" };
    await binlogd(["user", "add", "repl", "--users", `${dir}/users.toml`], env);
    const serve = ["serve", "--users", `${dir}/users.toml`, "--listen=127.0.0.1:0"];
    for (const words of [[...serve, "--dir", `${dir}/none`], ["list", `${dir}/none`]]) {
      const run = await binlogd(words);
      assertEquals(run.code, 6, run.stderr);
      assertStringIncludes(run.stderr, `Cannot read ${dir}/none`);
    }
  });
});
