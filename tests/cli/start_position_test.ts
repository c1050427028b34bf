/** Positions on the command line that no event, or no transaction, begins at. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, binlogdCommand } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const UUID = "00000000-0000-0000-0000-000000000000";

/** A file of two transactions, whose rows look like the head of a large event; where the parts begin. */
async function makeFile(dir: string): Promise<{ path: string; places: number[]; size: number }> {
  const builder = new FileBuilder("b.000001").format();
  const places = [builder.position];
  builder.transaction(0x40);
  places.push(builder.position);
  const bytes = builder.transaction(0x41).bytes();
  const path = `${dir}/b.000001`;
  await Deno.writeFile(path, bytes);
  return { path, places, size: bytes.length };
}

Deno.test("find --from refuses what a backup can't stand at, and names what is near", async () => {
  await withFolder(async (dir) => {
    const { places, size } = await makeFile(dir);
    const [first, second] = places as [number, number];
    const find = (from: string) =>
      binlogd(["find", dir, `--gtid=${UUID}:65`, `--from=b.000001:${from}`]);
    for (const place of [4, first, second, size]) {
      const run = await find(String(place));
      assertEquals(run.code, 0, run.stderr);
    }
    const inside = await find(String(first + 1));
    assertEquals([inside.code, inside.stdout], [2, ""], inside.stderr);
    assertStringIncludes(inside.stderr, "is not between two transactions");
    assertStringIncludes(inside.stderr, `expected: b.000001:${first} or b.000001:${second}`);
    const beyond = await find(String(size + 1));
    assertEquals([beyond.code, beyond.stdout], [2, ""], beyond.stderr);
    assertStringIncludes(beyond.stderr, "is behind the end of the file");
    assertStringIncludes(beyond.stderr, `expected: b.000001:${size}\n`);
  });
});

Deno.test("events says where a file ends that ends before --start-position", async () => {
  await withFolder(async (dir) => {
    const { path, size } = await makeFile(dir);
    const start = (position: number) => [`--start-position=${position}`];
    const at = await binlogd(["events", path, ...start(size)]);
    assertEquals([at.code, at.stdout], [0, ""], at.stderr);
    const behind = await binlogd(["events", path, ...start(size + 1)]);
    assertEquals([behind.code, behind.stdout], [2, ""], behind.stderr);
    assertStringIncludes(behind.stderr, `ends at ${size}, before --start-position=${size + 1}`);
    const child = binlogdCommand(["events", "-", ...start(size + 1)], {}, { stdin: "piped" });
    const running = child.spawn();
    const writer = running.stdin.getWriter();
    await writer.write(await Deno.readFile(path));
    await writer.close();
    const piped = await running.output();
    assertEquals(piped.code, 2);
    assertStringIncludes(new TextDecoder().decode(piped.stderr), `ends at ${size}, before`);
  });
});

Deno.test("events asks whether an event begins there where what it reads is cut off at once", async () => {
  await withFolder(async (dir) => {
    const { path, places } = await makeFile(dir);
    // In the rows, whose bytes say of an event that it is large and that its end is not told.
    const bytes = await Deno.readFile(path);
    const inside = bytes.lastIndexOf(0x41) - 40;
    bytes.fill(0, inside + 13, inside + 17);
    await Deno.writeFile(path, bytes);
    const run = await binlogd(["events", path, `--start-position=${inside}`]);
    assertEquals([run.code, run.stdout], [3, ""], run.stderr);
    assertStringIncludes(run.stderr, `What begins at ${inside} is cut off by the end of the file`);
    assertStringIncludes(run.stderr, `does an event begin at ${inside}?`);
    // Where the file is cut off, but not there, nothing else is said than without it.
    await Deno.truncate(path, bytes.length - 1);
    const torn = await binlogd(["events", path, `--start-position=${places[1]}`]);
    assertEquals(torn.code, 3, torn.stderr);
    assertStringIncludes(torn.stderr, "an event is cut off by the end of the file");
  });
});

Deno.test("nothing on standard input is nothing that events can show", async () => {
  for (const more of [[], ["--json"], ["--stats"]]) {
    const none = await binlogd(["events", "-", ...more]);
    assertEquals([none.code, none.stdout], [6, ""], none.stderr);
    assertStringIncludes(none.stderr, "Nothing came on standard input");
  }
});
