/** The command that runs for each complete file. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CLOSE_HOOK_FILE } from "../../lib/store/close_hook.ts";
import { withFolder } from "../_pipeline.ts";
import {
  begun,
  FILES,
  hookOf,
  keepWarnings,
  notes,
  paths,
  program,
  remembered,
} from "./_close_hook.ts";

const LIB = new URL("../../lib/", import.meta.url).href;

/** What keeps the n-th run of a program from its end until there is a file named `go`. */
function waitsInRun(dir: string, n: number): string {
  return `[ $(wc -l < '${dir}/notes') -ne ${n} ] ||
    while [ -e '${dir}/note' ] && [ ! -e '${dir}/go' ]; do sleep 0.02; done`;
}

Deno.test("the command runs once for each file, in order, one after another", async () => {
  await withFolder(async (dir) => {
    // Had two runs overlapped, the second would find the folder of the first.
    const command = await program(
      dir,
      `mkdir '${dir}/busy' || echo overlap >> '${dir}/notes'
      sleep 0.02; rmdir '${dir}/busy'`,
    );
    const hook = hookOf(dir, [command]);
    for (const file of FILES) hook.closed(file);
    await hook.finish();
    assertEquals(await notes(dir), paths(dir, FILES));
    const known = JSON.parse(await Deno.readTextFile(`${dir}/${CLOSE_HOOK_FILE}`));
    assertEquals(known, { last: FILES[5] });
  });
});

Deno.test("no shell sees the command: its words are taken as they are", async () => {
  await withFolder(async (dir) => {
    const words = ["$HOME", ";touch", `${dir}/made`, "*", "`id`", '"a  b"', "c  d"];
    const hook = hookOf(dir, [await program(dir), ...words]);
    hook.closed("b.000001");
    await hook.finish();
    assertEquals(await notes(dir), [...words, `${dir}/b.000001`]);
    await Deno.lstat(`${dir}/made`).then(() => assert(false), () => {});
  });
});

Deno.test("only what was not handled in an earlier run is resumed", async () => {
  await withFolder(async (dir) => {
    const command = await program(dir);
    const first = hookOf(dir, [command]);
    await first.resume(FILES.slice(0, 2));
    await first.finish();
    const second = hookOf(dir, [command]);
    await second.resume(FILES.slice(0, 5));
    second.closed(FILES[5]!);
    await second.finish();
    assertEquals(await notes(dir), paths(dir, FILES));
    const third = hookOf(dir, [command]);
    await third.resume(FILES);
    await third.finish();
    assertEquals((await notes(dir)).length, FILES.length);
  });
});

Deno.test("files that were handled and purged since do not make the others new", async () => {
  await withFolder(async (dir) => {
    const command = await program(dir);
    const first = hookOf(dir, [command]);
    await first.resume(FILES.slice(0, 3));
    await first.finish();
    const second = hookOf(dir, [command]);
    await second.resume(FILES.slice(3));
    await second.finish();
    assertEquals(await notes(dir), paths(dir, FILES));
  });
});

Deno.test("a note that is damaged, or of a purged file, leaves no file out", async () => {
  for (const note of ["", "{", "null", "[]", "7", '{"last":7}', '{"last":"b.000000"}']) {
    await withFolder(async (dir) => {
      await Deno.writeTextFile(`${dir}/${CLOSE_HOOK_FILE}`, note);
      const hook = hookOf(dir, [await program(dir)]);
      await hook.resume(FILES.slice(0, 2));
      await hook.finish();
      assertEquals(await notes(dir), paths(dir, FILES.slice(0, 2)), note);
    });
  }
});

Deno.test("a command that fails, or is not there, is told and holds up nothing", async () => {
  await withFolder(async (dir) => {
    const { log, warnings: lines } = keepWarnings();
    const failing = hookOf(dir, [await program(dir, "exit 3")], { log });
    for (const file of FILES.slice(0, 2)) failing.closed(file);
    await failing.finish();
    assertEquals(await notes(dir), paths(dir, FILES.slice(0, 2)));
    assertEquals(lines.length, 2);
    assertStringIncludes(lines[0]!, "file=b.000001 exit_code=3");
    assertEquals(await remembered(dir), FILES[1]);
    const missing = hookOf(dir, [`${dir}/nothing`, "here"], { log });
    missing.closed("b.000003");
    await missing.finish();
    assertStringIncludes(lines[2]!, "cannot run --on-close command file=b.000003");
  });
});

Deno.test("no file is left out by a kill: at least once, in order", async () => {
  await withFolder(async (dir) => {
    const command = await program(dir, waitsInRun(dir, 3));
    const code = `import { CloseHook } from "${LIB}store/close_hook.ts";
      import { Logger } from "${LIB}log.ts";
      const hook = new CloseHook({
        dir: "${dir}", words: ["${command}"], log: new Logger(),
        signal: new AbortController().signal,
      });
      await hook.resume(${JSON.stringify(FILES)});
      await hook.finish();`;
    const child = new Deno.Command(Deno.execPath(), { args: ["eval", code], stderr: "null" });
    const running = child.spawn();
    await begun(dir, 3);
    running.kill("SIGKILL");
    await running.status;
    assertEquals(await notes(dir), paths(dir, FILES.slice(0, 3)));
    await Deno.writeTextFile(`${dir}/go`, "");
    const hook = hookOf(dir, [command]);
    await hook.resume(FILES);
    await hook.finish();
    // What was under way comes again, and what had ended does not.
    const again = [...FILES.slice(0, 3), ...FILES.slice(2)];
    assertEquals(await notes(dir), paths(dir, again));
  });
});

Deno.test("at a signal the command that runs is waited for, and the others are for the next run", async () => {
  await withFolder(async (dir) => {
    const command = await program(dir, waitsInRun(dir, 2));
    const signal = new AbortController();
    const hook = hookOf(dir, [command], { signal: signal.signal });
    for (const file of FILES) hook.closed(file);
    const finished = hook.finish();
    await begun(dir, 2);
    signal.abort();
    let over = false;
    finished.then(() => over = true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEquals(over, false);
    await Deno.writeTextFile(`${dir}/go`, "");
    await finished;
    assertEquals(await notes(dir), paths(dir, FILES.slice(0, 2)));
    const next = hookOf(dir, [await program(dir)]);
    await next.resume(FILES);
    await next.finish();
    assertEquals(await notes(dir), paths(dir, FILES));
  });
});

Deno.test("files of another base are another series", async () => {
  await withFolder(async (dir) => {
    const all = ["a.000008", "a.000009", "b.000001", "b.000002"];
    const hook = hookOf(dir, [await program(dir)]);
    for (const file of all.slice(0, 3)) hook.closed(file);
    hook.closed("b.000001");
    await hook.finish();
    assertEquals(await notes(dir), paths(dir, all.slice(0, 3)));
    const next = hookOf(dir, [await program(dir)]);
    await next.resume(all);
    await next.finish();
    assertEquals(await notes(dir), paths(dir, all));
  });
});
