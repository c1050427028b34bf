/** Asking for a password on a terminal, which `script` makes. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../../scripts/testbed/has_program.ts";
import { withFolder } from "../_pipeline.ts";

const MODULE = new URL("../../lib/cli/prompt_password.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const ignore = Deno.build.os !== "linux" || !await hasProgram("script");

/** Handlers that only take note are there, as the program has them. */
const PROGRAM = `import { promptPassword } from "${MODULE}";
for (const name of ["SIGINT", "SIGTERM"]) Deno.addSignalListener(name, () => {});
const password = await promptPassword("repl");
console.log("got " + JSON.stringify(password));
Deno.exit(0);
`;

/** What the terminal shows, and the exit code, when these keys are typed at the prompt. */
async function typed(dir: string, keys: string): Promise<{ shown: string; code: number }> {
  await Deno.writeTextFile(`${dir}/ask.ts`, PROGRAM);
  const command = `'${Deno.execPath()}' run -A --quiet --no-check --cached-only ` +
    `'--config=${CONFIG}' '${dir}/ask.ts'`;
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const writer = child.stdin.getWriter();
  let shown = "";
  let isAsked = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (isAsked || !shown.includes("Password for repl: ")) continue;
    isAsked = true;
    // The prompt is written before the terminal is told to be silent.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await writer.write(new TextEncoder().encode(keys));
  }
  const { code } = await child.status;
  clearTimeout(late);
  await writer.close().catch(() => {});
  return { shown, code };
}

Deno.test({
  name: "a password is read without being shown, and can be corrected",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      const cases = [["hunter2\r", "hunter2"], ["wrong\x15huné\x7f\x7fnter2\n", "hunter2"], [
        "\r",
        "",
      ]];
      for (const [keys, password] of cases) {
        const { shown, code } = await typed(dir, keys!);
        assertEquals(code, 0, shown);
        assertStringIncludes(shown, `got ${JSON.stringify(password)}`);
        assertEquals(shown.split("hunter2").length - 1, password === "" ? 0 : 1, shown);
      }
    });
  },
});

Deno.test({
  name: "Ctrl-C at the prompt ends the program",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      const { shown, code } = await typed(dir, "hun\x03");
      assertEquals(code, 130, shown);
      assertEquals(shown.includes("got"), false, shown);
    });
  },
});
