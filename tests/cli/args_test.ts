import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { nearest, parseCommandLine } from "../../lib/cli/args.ts";
import type { Command } from "../../lib/cli/command.ts";
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
