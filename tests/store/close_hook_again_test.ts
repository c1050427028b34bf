/** The command for complete files where it can't be started, or does not come to an end of its own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { CLOSE_HOOK_FILE } from "../../lib/store/close_hook.ts";
import { waitUntil } from "../_binlogd.ts";
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

Deno.test("what could not be started runs when it can be, in order, and is remembered", async () => {
  await withFolder(async (dir) => {
    const { log, warnings } = keepWarnings();
    const hook = hookOf(dir, [`${dir}/note`], { log });
    for (const file of FILES.slice(0, 3)) hook.closed(file);
    await waitUntil(() => warnings.length >= 3, 10_000);
    assertEquals(await remembered(dir), undefined);
    await program(dir);
    await begun(dir, 3);
    hook.closed(FILES[3]!);
    await hook.finish();
    assertEquals(await notes(dir), paths(dir, FILES.slice(0, 4)));
    assertEquals(await remembered(dir), FILES[3]);
    for (const line of warnings) {
      assertStringIncludes(line, "cannot run --on-close command file=b.000001");
      assertStringIncludes(line, "pause_ms=");
    }
  });
});

Deno.test("what can't be started ends with the dump, and is for the next run", async () => {
  await withFolder(async (dir) => {
    const first = hookOf(dir, [`${dir}/note`], { firstPauseMs: 60_000 });
    for (const file of FILES.slice(0, 2)) first.closed(file);
    const signal = new AbortController();
    const second = hookOf(dir, [`${dir}/note`], { firstPauseMs: 60_000, signal: signal.signal });
    second.closed(FILES[0]!);
    await new Promise((resolve) => setTimeout(resolve, 50));
    signal.abort();
    await second.finish();
    await first.stop();
    const third = hookOf(dir, [`${dir}/note`]);
    await third.resume(FILES.slice(0, 2));
    await third.finish();
    const fourth = hookOf(dir, [await program(dir)]);
    await fourth.resume(FILES.slice(0, 2));
    await fourth.finish();
    assertEquals(await notes(dir), paths(dir, FILES.slice(0, 2)));
  });
});

Deno.test("a file whose command a signal has ended comes again, before the next", async () => {
  await withFolder(async (dir) => {
    const { log, warnings } = keepWarnings();
    const seen = `cp '${dir}/${CLOSE_HOOK_FILE}' '${dir}/early' 2> /dev/null || :`;
    const once = `[ -e '${dir}/killed' ] || { touch '${dir}/killed'; kill -TERM $$; }; ${seen}`;
    const hook = hookOf(dir, [await program(dir, once)], { log });
    hook.closed(FILES[0]!);
    await begun(dir, 2);
    await hook.finish();
    assertEquals(await Deno.stat(`${dir}/early`).catch(() => undefined), undefined);
    hook.closed(FILES[1]!);
    await hook.finish();
    assertEquals(await notes(dir), paths(dir, [FILES[0]!, ...FILES.slice(0, 2)]));
    assertEquals(await remembered(dir), FILES[1]);
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "ended by a signal file=b.000001 signal=SIGTERM");
  });
});

// The command's end may be seen before our own signal, or after it; not all die of the signal.
for (const end of ["kill -INT $$", "exit 130", "exit 20"]) {
  for (const first of ["its end", "the signal"]) {
    Deno.test(`a stop signal that ends the command too: ${end}, ${first} is seen first`, async () => {
      await withFolder(async (dir) => {
        const go = `until [ -e '${dir}/go' ]; do sleep 0.01; done`;
        const isEnd = first === "its end";
        const command = await program(dir, `${isEnd ? "" : go}\n${end}`);
        const signal = new AbortController();
        const hook = hookOf(dir, [command], {
          signal: signal.signal,
          firstPauseMs: 10_000,
          signalSeenMs: 10_000,
        });
        for (const file of FILES) hook.closed(file);
        await begun(dir, 1);
        if (isEnd) await new Promise((resolve) => setTimeout(resolve, 60));
        signal.abort();
        const finished = hook.finish();
        await Deno.writeTextFile(`${dir}/go`, "");
        await finished;
        assertEquals(await notes(dir), paths(dir, FILES.slice(0, 1)));
        assertEquals(await remembered(dir), undefined);
        const next = hookOf(dir, [await program(dir)]);
        await next.resume(FILES);
        await next.finish();
        assertEquals(await notes(dir), paths(dir, [FILES[0]!, ...FILES]));
      });
    });
  }
}

Deno.test("when the dump has failed the command that runs is waited for, and no other begins", async () => {
  await withFolder(async (dir) => {
    const hook = hookOf(dir, [await program(dir, `sleep 0.2; echo end >> '${dir}/notes'`)]);
    for (const file of FILES) hook.closed(file);
    await begun(dir, 1);
    await hook.stop();
    assertEquals(await notes(dir), [`${dir}/${FILES[0]}`, "end"]);
    assertEquals(await remembered(dir), FILES[0]);
  });
});
