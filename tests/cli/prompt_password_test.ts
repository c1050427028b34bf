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
console.log("pid " + Deno.pid);
const password = await promptPassword("repl");
console.log("got " + JSON.stringify(password));
Deno.exit(0);
`;

const PROMPT = "Password for repl: ";

/** What the terminal shows, and the exit code, when each prompt is answered as soon as it is seen. */
async function answered(
  dir: string,
  answers: (string | { signal: Deno.Signal })[],
  inShell: (command: string) => string = (command) => command,
): Promise<{ shown: string; code: number }> {
  await Deno.writeTextFile(`${dir}/ask.ts`, PROGRAM);
  const command = `'${Deno.execPath()}' run -A --quiet --no-check --cached-only ` +
    `'--config=${CONFIG}' '${dir}/ask.ts'`;
  const child = new Deno.Command("script", {
    args: ["-qec", inShell(command), "/dev/null"],
    env: { SHELL: "/bin/bash" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const writer = child.stdin.getWriter();
  let shown = "";
  let asked = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (shown.split(PROMPT).length - 1 <= asked) continue;
    const answer = answers[asked++];
    if (typeof answer === "string") await writer.write(new TextEncoder().encode(answer));
    else if (answer) Deno.kill(Number(/pid (\d+)/.exec(shown)![1]), answer.signal);
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
      ], ["\x04", ""]];
      for (const [keys, password] of cases) {
        const { shown, code } = await answered(dir, [keys!]);
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
      const { shown, code } = await answered(dir, ["hun\x03"]);
      assertEquals(code, 130, shown);
      assertEquals(shown.includes("got"), false, shown);
    });
  },
});

Deno.test({
  name: "a prompt that was stopped and goes on is asked again, still without showing the answer",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      const inShell = (command: string): string => `bash --norc -ic "${command}; fg"`;
      const { shown } = await answered(dir, ["wrong\x1a", "hunter2\r"], inShell);
      assertStringIncludes(shown, 'got "hunter2"');
      assertEquals(shown.split("hunter2").length - 1, 1, shown);
      assertEquals(shown.includes("wrong"), false, shown);
    });
  },
});

Deno.test({
  name: "a signal that ends the program at the prompt leaves the terminal as it was",
  ignore,
  async fn() {
    await withFolder(async (dir) => {
      // What the terminal sends for Ctrl-\\ is for the shell around it, too.
      const inShell = (command: string): string => `trap : QUIT; ${command}; echo "rc $?"; stty -a`;
      const cases: [string | { signal: Deno.Signal }, number][] = [
        ["hun\x1c", 131],
        [{ signal: "SIGHUP" }, 129],
        [{ signal: "SIGUSR1" }, 138],
      ];
      for (const [answer, code] of cases) {
        const { shown } = await answered(dir, [answer], inShell);
        assertStringIncludes(shown, `rc ${code}`);
        assertStringIncludes(shown, "icanon");
        assertEquals([/-echo\b/.test(shown), /-icanon\b/.test(shown)], [false, false], shown);
      }
    });
  },
});
