/** The unit file that docs/service.md tells of. */
import { assert, assertEquals } from "@std/assert";
import { parseCommandLine } from "../lib/cli/args.ts";
import { dump } from "../lib/cli/dump.ts";
import { EXIT_CODES } from "../lib/cli/exit_codes.ts";
import { withLogOptions } from "../lib/cli/log_options.ts";
import { run } from "../lib/cli/run.ts";
import { splitWords } from "../lib/cli/split_words.ts";

const UNIT = new URL("../scripts/systemd/binlogd@.service", import.meta.url);
const PAGE = new URL("../docs/service.md", import.meta.url);

function valuesOf(unit: string, name: string): string[] {
  return unit.split("\n").map((line) => line.trim())
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

Deno.test("the commands of the systemd unit, and of its page, are ones that binlogd takes", async () => {
  const [dumping, none] = valuesOf(await Deno.readTextFile(UNIT), "ExecStart");
  assertEquals(none, undefined);
  const [program, command, ...words] = splitWords("ExecStart", dumping!);
  assertEquals([program, command], ["/usr/local/bin/binlogd", "dump"]);
  const { options, positionals } = parseCommandLine(withLogOptions(dump), words);
  assertEquals([options.follow, options.dir, positionals], [true, "/var/lib/binlogd/%i", []]);

  const [cleared, serving] = valuesOf(await Deno.readTextFile(PAGE), "ExecStart");
  assertEquals(cleared, "");
  const [, other, ...more] = splitWords("ExecStart", serving!);
  assertEquals(other, "run");
  assertEquals(parseCommandLine(withLogOptions(run), more).options.dir, options.dir);
});

Deno.test("the systemd unit does not start again what a restart can't mend", async () => {
  const [statuses] = valuesOf(await Deno.readTextFile(UNIT), "RestartPreventExitStatus");
  const meanings = statuses!.split(" ").map((status) =>
    EXIT_CODES.find(({ code }) => code === Number(status))?.meaning ?? ""
  );
  for (const [i, word] of ["command line", "damaged", "not the one"].entries()) {
    assert(meanings[i]?.includes(word), meanings[i]);
  }
  assertEquals(meanings.length, 3);
});
