import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { parseCommandLine } from "../../lib/cli/args.ts";
import type { Command } from "../../lib/cli/command.ts";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { nearest } from "../../lib/cli/nearest.ts";
import { parseDuration, parseInteger, parseSize, parseTime } from "../../lib/cli/option_values.ts";

const COMMAND: Command = {
  name: "try",
  summary: "",
  usage: [],
  description: "",
  options: {
    dir: { type: "string", short: "d", help: "" },
    follow: { type: "flag", short: "f", help: "" },
    "no-print": { type: "flag", help: "" },
    "semi-sync": { type: "string", bare: "on", help: "" },
    type: { type: "string", multiple: true, help: "" },
    size: { type: "size", help: "" },
    wait: { type: "duration", help: "" },
    count: { type: "integer", help: "" },
    when: { type: "time", help: "" },
  },
  examples: [],
  run: () => Promise.resolve(0),
};

Deno.test("parseCommandLine reads each form of an option", () => {
  const { options, positionals } = parseCommandLine(COMMAND, [
    "mysql://h",
    "--dir",
    "/x",
    "-f",
    "--semi-sync",
    "--type=a",
    "--type",
    "b",
    "--size=16M",
    "--wait=500ms",
    "--count",
    "-3",
    "--",
    "--dir",
  ]);
  assertEquals(positionals, ["mysql://h", "--dir"]);
  assertEquals(options, {
    dir: "/x",
    follow: true,
    "semi-sync": "on",
    type: ["a", "b"],
    size: 16 * 2 ** 20,
    wait: 500,
    count: -3,
  });
  assertEquals(parseCommandLine(COMMAND, ["-d/y", "--semi_sync=auto"]).options, {
    dir: "/y",
    "semi-sync": "auto",
  });
  assertEquals(parseCommandLine(COMMAND, ["--no-print"]).options, { "no-print": true });
  assertEquals(parseCommandLine(COMMAND, ["--help", "--dir=x"]).help, true);
});

Deno.test("parseCommandLine refuses what it does not know, and says what may be meant", () => {
  const wrong: [string[], string][] = [
    [["--dri=x"], "Unknown option --dri"],
    [["-z"], "Unknown option -z"],
    [["--dir"], "needs a value"],
    [["--dir", "--follow"], "needs a value"],
    [["--dir=a", "--dir=b"], "given 2 times"],
    [["--size=lots"], "Cannot read --size=lots"],
    [["--count=1.5"], "Cannot read --count=1.5"],
    [["--follow=maybe"], "Cannot read --follow=maybe"],
    [["--when=tomorrow"], "Cannot read --when=tomorrow"],
  ];
  for (const [words, text] of wrong) {
    assertThrows(() => parseCommandLine(COMMAND, words), UsageError, text);
  }
  assertEquals(nearest("dri", ["dir", "follow"]), "dir");
  assertEquals(nearest("entirely", ["dir", "follow"]), undefined);
});

Deno.test("numbers, sizes, durations and times are read whole or not at all", () => {
  assertEquals(["12", "-1", "1e3", "", "99999999999999999"].map(parseInteger), [
    12,
    -1,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(["0", "1k", "1.5M", "2GiB", "1T", "M", "1X"].map(parseSize), [
    0,
    1024,
    1572864,
    2 ** 31,
    2 ** 40,
    undefined,
    undefined,
  ]);
  assertEquals(["10", "250ms", "5m", "1.5h", "2d", "x"].map(parseDuration), [
    10_000,
    250,
    300_000,
    5_400_000,
    172_800_000,
    undefined,
  ]);
  assertEquals(parseTime("2026-11-23 02:12:48Z")?.toISOString(), "2026-11-23T02:12:48.000Z");
  assertEquals(parseTime("2026-11-23T02:12+0100")?.toISOString(), "2026-11-23T01:12:00.000Z");
  assertEquals(parseTime("2026-11-23 00:00:00")?.getHours(), 0);
  assertEquals(parseTime("2026-02-31"), undefined);
  assertEquals(parseTime("2026-13-01"), undefined);
});

/** The hint for a command line that is refused. */
function hintOf(command: Command, words: string[]): string {
  return assertThrows(() => parseCommandLine(command, words), UsageError).details.hint ?? "";
}

Deno.test("options of the mysql tools are told what they are here", async () => {
  const wrong: [string, string, string][] = [
    ["dump", "--stop-never", "that is --follow here"],
    ["events", "--stop-never", "that is --follow here"],
    ["run", "--stop-never", "run goes on until it is told to end"],
    ["dump", "--connection-server-id=7", "that is --server-id here"],
    ["run", "--stop-never-slave-server-id=7", "that is --server-id here"],
    ["dump", "--result-file=x", "that is --dir here"],
    ["dump", "--raw", "copied as they are"],
    ["events", "--raw", "binlogd dump copies files"],
    ["dump", "--to-last-log", "all files up to the last one come anyway"],
    ["dump", "--read-from-remote-server", "mysql://USER@HOST:PORT or --host"],
    ["events", "--read_from_remote_server", "mysql://USER@HOST:PORT or --host"],
    ["dump", "--skip-ssl", "that is --ssl-mode=DISABLED here"],
    ["run", "--ssl", "that is --ssl-mode=REQUIRED here"],
    ["events", "--base64-output=decode-rows", "-v shows rows"],
    ["dump", "--base64-output=never", "binlogd events shows"],
    ["dump", "--compress", "that is --compression-algorithms here"],
    ["dump", "--start-position=4", "always fetched from its beginning"],
    ["dump", "--start-datetime=x", "always fetched from its beginning"],
    ["run", "--stop-file=b.000001", "run goes on until it is told to end"],
    ["dump", "--fol", "did you mean --follow?"],
    ["dump", "--new", "did you mean --new-era?"],
    ["find", "--tabel=x", "did you mean --table?"],
    ["list", "--nothing-like-it", "binlogd help list"],
  ];
  for (const [name, word, text] of wrong) {
    const command = await COMMANDS.find((entry) => entry.name === name)!.load();
    assertStringIncludes(hintOf(command, [word]), text, `${name} ${word}`);
  }
});

Deno.test("what ends is not taken for what begins", () => {
  const options = { "start-file": COMMAND.options.dir! };
  const command: Command = { ...COMMAND, options };
  assertEquals(hintOf(command, ["--stop-file=x"]), "binlogd help try");
  assertEquals(hintOf(command, ["--start-fiel=x"]), "did you mean --start-file?");
});

Deno.test("a value behind an option that takes it with = only is told how to be written", () => {
  const semiSync = { type: "string", bare: "on", value: "on|auto|off", help: "" } as const;
  const command: Command = { ...COMMAND, options: { "semi-sync": semiSync } };
  assertEquals(hintOf(command, ["mysql://h", "--semi-sync", "auto"]), "--semi-sync=auto");
  assertEquals(parseCommandLine(command, ["--semi-sync", "mysql://h"]).positionals, ["mysql://h"]);
  assertEquals(parseCommandLine(command, ["--semi-sync=on", "auto"]).positionals, ["auto"]);
});
