import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Logger, type LoggerOptions, type LogLevel } from "../lib/log.ts";

const NOW = new Date("2026-11-23T02:12:48.123Z");
const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** The lines that `work` logs. */
function lines(options: LoggerOptions, work: (log: Logger) => void): string[] {
  const found: string[] = [];
  work(new Logger({ ...options, now: () => NOW, write: (line) => found.push(line) }));
  return found;
}

/** The values of a text line, as a reader takes them apart. */
function values(line: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, key, value] of line.matchAll(/ ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)/g)) {
    found[key!] = value!.startsWith('"') ? JSON.parse(value!) : value!;
  }
  return found;
}

Deno.test("a line in text has time, level, message and values in their order", () => {
  const [line] = lines({}, (log) =>
    log.info("connected", {
      source: "db1:3306",
      gtid: 5n,
      ready: true,
      none: null,
      left_out: undefined,
      path: "a b",
      empty: "",
    }));
  assertEquals(
    line,
    "2026-11-23T02:12:48.123Z info connected " +
      'source=db1:3306 gtid=5 ready=true none=null path="a b" empty=""',
  );
});

Deno.test("a line in JSON is one object with the same, numbers as numbers", () => {
  const [line] = lines(
    { format: "json" },
    (log) =>
      log.warning("cut", { from: 4, size: 2n ** 63n, file: 'a"b\n', gone: undefined, none: null }),
  );
  assertEquals(JSON.parse(line!), {
    time: NOW.toISOString(),
    level: "warning",
    message: "cut",
    from: 4,
    size: "9223372036854775808",
    file: 'a"b\n',
    none: null,
  });
});

Deno.test("each level lets itself and what is worse through", () => {
  LEVELS.forEach((level, rank) => {
    const found = lines({ level }, (log) => {
      for (const one of LEVELS) log[one]("m");
    });
    assertEquals(found.map((line) => line.split(" ")[1]), LEVELS.slice(rank));
  });
  assertEquals(lines({}, (log) => log.debug("m")), [], "info is the default");
});

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      "\n",
      "\r",
      "\u0085",
      "\u2028",
      "\u2029",
      "\x1b",
      '"',
      "\\",
      "=",
      " ",
      "a",
    ),
  }),
);

Deno.test("no value makes a second line or reaches a terminal as a command", () => {
  fc.assert(fc.property(anyText, anyText, (a, b) => {
    for (const format of ["text", "json"] as const) {
      const found = lines({ format }, (log) => log.error("m", { a, b }));
      assertEquals(found.length, 1);
      assert(!/[\p{Cc}\u2028\u2029]/u.test(found[0]!), JSON.stringify(found[0]));
      const read = format === "json" ? JSON.parse(found[0]!) : values(found[0]!);
      assertEquals([read.a, read.b], [a, b]);
    }
  }));
});

Deno.test("lines go to standard error, and a closed one stops nobody", async () => {
  const log = new URL("../lib/log.ts", import.meta.url).href;
  const program = `import { Logger } from "${log}";
    const log = new Logger({ format: "json" });
    log.info("one", { n: 1 });
    Deno.stderr.close();
    log.info("two");
    console.log("alive");`;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assertEquals([success, text.decode(stdout)], [true, "alive\n"]);
  assertEquals(JSON.parse(text.decode(stderr)).message, "one");
});
