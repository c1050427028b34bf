/** Times of the command line without an offset, by what TZ says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";

const MODULE = new URL("../../lib/cli/option_values.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const PROGRAM = `import { parseTime } from "${MODULE}";
const read = (text) => {
  try {
    return parseTime(text).toISOString();
  } catch (error) {
    return error.name;
  }
};
console.log(JSON.stringify(Deno.args.map(read)));
`;
const TIMES = [
  "2026-01-15",
  "2026-07-15 12:00:00",
  "2026-07-15 12:00:00Z",
  "2026-07-15T12:00+02:00",
];

/** What is read of these times where TZ says so. */
async function read(program: string, zone: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--cached-only", `--config=${CONFIG}`]
      .concat(program, TIMES),
    env: { TZ: zone, NO_COLOR: "1" },
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a local time is that of TZ, or is refused", async () => {
  const winter = "2026-01-14T23:00:00.000Z";
  const summer = "2026-07-15T10:00:00.000Z";
  const utc = ["2026-01-15T00:00:00.000Z", "2026-07-15T12:00:00.000Z"];
  const cases: [string, string[]][] = [
    ...["", "UTC", "Etc/UTC", "Zulu", "GMT0", "UTC0", "/usr/share/zoneinfo/Etc/UTC"].map((
      zone,
    ): [string, string[]] => [zone, utc]),
    ...["Europe/Berlin", ":Europe/Berlin"].map((zone): [string, string[]] => [
      zone,
      [winter, summer],
    ]),
    ["CET-1", [winter, "2026-07-15T11:00:00.000Z"]],
    ...[
      "CET-1CEST,M3.5.0,M10.5.0/3",
      "<+0530>-5:30",
      "CET-1CEST",
      "/usr/share/zoneinfo/Europe/Berlin",
      "europe/berlin",
    ].map((zone): [string, string[]] => [zone, ["UsageError", "UsageError"]]),
  ];
  await withFolder(async (dir) => {
    const program = `${dir}/read.ts`;
    await Deno.writeTextFile(program, PROGRAM);
    for (const [zone, local] of cases) {
      assertEquals(await read(program, zone), [...local, utc[1], summer], zone);
    }
  });
});

Deno.test("where local time can't be told, it is said what to do", async () => {
  const time = "--stop-datetime=2026-11-29 00:30:00";
  const run = await binlogd(["dump", time], { TZ: "<+0530>-5:30" });
  assertEquals(run.code, 2, run.stderr);
  assertStringIncludes(run.stderr, "TZ=<+0530>-5:30");
  assertStringIncludes(run.stderr, "Try: give the time with Z or an offset");
});
