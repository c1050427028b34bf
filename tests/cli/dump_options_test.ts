/** What `dump` refuses before it makes a folder, connects or asks for a password. */
import { assertEquals, assertRejects } from "@std/assert";
import { readDumpOptions } from "../../lib/cli/dump.ts";
import type { OptionValues } from "../../lib/cli/command.ts";
import { UsageError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";

function read(options: OptionValues): ReturnType<typeof readDumpOptions> {
  return readDumpOptions({
    positionals: ["mysql://u@127.0.0.1"],
    options: { dir: "/nonexistent/x", ...options },
    log: new Logger({ write: () => {} }),
    signal: new AbortController().signal,
    stdout: () => {},
    terminal: false,
  });
}

Deno.test("texts that are no GTID set or position are refused, both forms are taken", async () => {
  for (const name of ["start-gtid", "stop-gtid"]) {
    for (const text of ["x", "0-1", "0-1-5,x", "3e11fa47-71ca-11e1-9e33-c80aa9429562:0"]) {
      await assertRejects(() => read({ [name]: text }), UsageError, `Cannot read --${name}`);
    }
    for (const text of ["0-1-5,1-1-7", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"]) {
      await read({ [name]: text });
    }
  }
  await assertRejects(() => read({ "stop-gtid": "" }), UsageError, "--stop-gtid is empty");
  assertEquals((await read({ "start-gtid": "" })).startGtid, "");
});

Deno.test("numbers that no dump can go by are refused", async () => {
  const wrong: [string, number][] = [
    ["heartbeat", 0],
    ["heartbeat", 99],
    ["heartbeat", 30 * 86_400_000],
    ["retry-limit", -1],
    ["server-id", 0],
    ["server-id", 2 ** 32],
  ];
  for (const [name, value] of wrong) {
    await assertRejects(() => read({ [name]: value }), UsageError, `Cannot use --${name}=${value}`);
  }
  const stop = { "stop-file": "binlog.000001", "stop-position": -1 };
  await assertRejects(() => read(stop), UsageError, "Cannot use --stop-position=-1");
  assertEquals((await read({ heartbeat: 100, "retry-limit": 0 })).heartbeatMs, 100);
});
