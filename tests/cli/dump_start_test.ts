/** Whether a store has come as far as a stop condition, before anybody connects. */
import { assertEquals } from "@std/assert";
import type { OptionValues } from "../../lib/cli/command.ts";
import { reachesStop } from "../../lib/cli/dump_start.ts";
import { Logger } from "../../lib/log.ts";
import { Store } from "../../lib/store/store.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";

const log = new Logger({ write: () => {} });

/** A file with a transaction at each of these seconds. */
function fileAt(name: string, seconds: number[], next?: string): FileBuilder {
  const file = new FileBuilder(name).format();
  for (const [index, time] of seconds.entries()) {
    file.timestamp = time;
    file.transaction(index + 1);
  }
  return next === undefined ? file : file.rotate(next);
}

async function isPassed(files: [string, Uint8Array][], options: OptionValues): Promise<boolean> {
  let passed = false;
  await withFolder(async (dir) => {
    for (const [name, bytes] of files) await Deno.writeFile(`${dir}/${name}`, bytes);
    await Deno.writeTextFile(
      `${dir}/binlog.index`,
      files.map(([name]) => `./${name}\n`).join(""),
    );
    const store = await Store.open({ dir, log });
    passed = reachesStop(store, options, undefined);
    store.close();
  });
  return passed;
}

Deno.test("--stop-file is passed in the files of its own name only", async () => {
  const first = fileAt("binlog.000001", [1000], "binlog.000002").bytes();
  const second = fileAt("binlog.000002", [3000]).bytes();
  const files: [string, Uint8Array][] = [["binlog.000001", first], ["binlog.000002", second]];
  for (
    const [file, position, expected] of [
      ["binlog.000001", undefined, true],
      ["binlog.000002", undefined, false],
      ["binlog.000002", 4, true],
      ["binlog.000003", undefined, false],
      ["other.000001", undefined, false],
      ["other.000002", 4, false],
    ] as const
  ) {
    const options = { "stop-file": file, ...(position ? { "stop-position": position } : {}) };
    assertEquals(await isPassed(files, options), expected, `${file}:${position}`);
  }
});

Deno.test("--stop-datetime is passed where the store has a transaction of then or later", async () => {
  const first = fileAt("binlog.000001", [1000, 2000], "binlog.000002").bytes();
  const second = fileAt("binlog.000002", [3000, 4000]).bytes();
  const empty = fileAt("binlog.000002", []).bytes();
  const half = new FileBuilder("binlog.000002").format();
  half.timestamp = 4000;
  half.gtid(1).query("BEGIN");
  const cases: [Uint8Array, number, boolean][] = [
    [second, 500, true],
    [second, 4000, true],
    [second, 4000.5, false],
    [second, 5000, false],
    [empty, 2000, true],
    [empty, 2001, false],
    [half.bytes(), 1500, false],
  ];
  for (const [last, seconds, expected] of cases) {
    const options = { "stop-datetime": new Date(seconds * 1000) };
    const files: [string, Uint8Array][] = [["binlog.000001", first], ["binlog.000002", last]];
    assertEquals(await isPassed(files, options), expected, `${last.length} bytes, ${seconds}`);
  }
});
