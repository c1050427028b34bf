import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, binlogdCommand, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const SAMPLES = new URL("../../testdata/events/", import.meta.url).pathname;
const ROWS = `${SAMPLES}mysql97-rows.binlog`;
const MIXED = `${SAMPLES}mysql97-mixed.binlog`;

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}

Deno.test("events reads standard input like a file", async () => {
  const file = await binlogd(["events", MIXED, "--json"]);
  const child = binlogdCommand(["events", "-", "--json"], {}, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const bytes = await Deno.readFile(MIXED);
  const reader = child.stdout.getReader();
  await writer.write(bytes.subarray(0, 1000));
  // What came is shown before more is waited for.
  const first = new TextDecoder().decode((await reader.read()).value);
  assertStringIncludes(first, "FORMAT_DESCRIPTION_EVENT");
  reader.releaseLock();
  await writer.write(bytes.subarray(1000));
  await writer.close();
  const [rest] = await Promise.all([read(child.stdout), child.stderr.cancel()]);
  const text = first + rest;
  assertEquals((await child.status).code, 0);
  assertEquals(text, file.stdout.replaceAll('"file":"mysql97-mixed.binlog"', '"file":"stdin"'));
});

Deno.test("a pipe closed early is no error", async () => {
  const child = binlogdCommand(["events", ROWS, "-vv"]).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  // Deno itself warns of how it was started; binlogd has nothing to say.
  assertEquals((await read(child.stderr)).replace(/^DANGER: .*\n/, ""), "");
  assertEquals((await child.status).code, 0);
});

Deno.test("--follow shows what is written later, and goes on with the next file", async () => {
  await withFolder(async (dir) => {
    const bytes = await Deno.readFile(MIXED);
    const view = new DataView(bytes.buffer);
    let rotate = 4;
    for (let at = 4; at < bytes.length; at += view.getUint32(at + 9, true)) rotate = at;
    await Deno.writeFile(`${dir}/binlog.000001`, bytes.subarray(0, 2000));
    const child = binlogdCommand(["events", dir, "--follow", "--json"], {}, { stderr: "null" })
      .spawn();
    let text = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
    })();
    const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
    try {
      await waitUntil(() => count(/"type":"GTID_LOG_EVENT"/g) > 5, 60_000, () => text);
      const before = text.trim().split("\n").length;
      await Deno.writeFile(`${dir}/binlog.000001`, bytes.subarray(2000, rotate), { append: true });
      await waitUntil(() => text.trim().split("\n").length > before + 20, 60_000, () => text);
      await Deno.writeFile(`${dir}/binlog.000001`, bytes.subarray(rotate), { append: true });
      await Deno.copyFile(ROWS, `${dir}/binlog.000002`);
      await waitUntil(() => count(/"file":"binlog.000002".*"type":"ROTATE_EVENT"/g) === 1);
      assertEquals(count(/"file":"binlog.000001".*"type":"ROTATE_EVENT"/g), 1);
      child.kill("SIGTERM");
      assertEquals((await child.status).code, 0);
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // ended
      }
      await reading;
    }
  });
});

Deno.test("positions choose a part; one where no event begins is told", async () => {
  const whole = (await binlogd(["events", MIXED])).stdout.trimEnd().split("\n");
  const position = (line: string): string => line.trim().split(/\s+/)[0]!;
  const start = position(whole[10]!);
  const stop = position(whole[15]!);
  const part = await binlogd([
    "events",
    MIXED,
    `--start-position=${start}`,
    `--stop-position=${stop}`,
  ]);
  assertEquals(part.stdout.trimEnd().split("\n"), whole.slice(10, 15));
  const wrong = await binlogd(["events", MIXED, `--start-position=${Number(start) + 1}`]);
  assertEquals(wrong.code, 3);
  assertStringIncludes(wrong.stderr, `does an event begin at ${Number(start) + 1}?`);
});

Deno.test("a file that is cut off or damaged ends with status 3 after what could be read", async () => {
  await withFolder(async (dir) => {
    const bytes = await Deno.readFile(MIXED);
    await Deno.writeFile(`${dir}/cut`, bytes.subarray(0, bytes.length - 5));
    const cut = await binlogd(["events", `${dir}/cut`]);
    assertEquals(cut.code, 3);
    assertStringIncludes(cut.stderr, "an event is cut off by the end of the file");
    assert(cut.stdout.split("\n").length > 80);
    bytes[1500]! ^= 1;
    await Deno.writeFile(`${dir}/changed`, bytes);
    const checked = await binlogd(["events", `${dir}/changed`, "--verify-checksums"]);
    assertEquals(checked.code, 3);
    assertStringIncludes(checked.stderr, "bad checksum");
    assertEquals((await binlogd(["events", `${dir}/none`])).code, 6);
    // What comes behind a damaged file is shown, and counted.
    const shown = (await binlogd(["events", MIXED])).stdout;
    const position = Number(shown.split("\n")[9]!.slice(0, 10));
    // A size of less than a header.
    bytes.fill(0, position + 9, position + 13);
    await Deno.writeFile(`${dir}/damaged`, bytes);
    const files = [`${dir}/damaged`, MIXED];
    const both = await binlogd(["events", ...files]);
    assertEquals(both.code, 3);
    assertStringIncludes(both.stderr, `Damaged event at damaged:${position}`);
    assertStringIncludes(both.stdout, shown);
    const stats = await binlogd(["events", ...files, "--stats"]);
    assertEquals(stats.code, 3);
    assertStringIncludes(stats.stdout, `${both.stdout.trimEnd().split("\n").length - 2} events, `);
  });
});

Deno.test("options that make no sense are refused", async () => {
  for (
    const args of [
      ["events"],
      ["events", MIXED, "-v", "--json"],
      ["events", MIXED, "--hex", "-vv"],
      ["events", MIXED, "--type=nonsense"],
      ["events", MIXED, "--include-gtids=nonsense"],
      ["events", MIXED, "--table=nodot"],
      ["events", "mysql://u@127.0.0.1:1", "--start-position=500"],
    ]
  ) {
    const { code, stderr } = await binlogd(args);
    assertEquals(code, 2, `${args.join(" ")}: ${stderr}`);
  }
});
