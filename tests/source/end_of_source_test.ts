/** Ends that can't be looked behind: no request of MariaDB names a position beyond 4 GiB. */
import { assertRejects } from "@std/assert";
import { ConnectionError } from "../../lib/errors.ts";
import type { DumpOptions } from "../../lib/source/dump_options.ts";
import type { DumpStream } from "../../lib/source/dump_stream.ts";
import { EndOfSource } from "../../lib/source/end_of_source.ts";
import type { Session } from "../../lib/source/session_setup.ts";

// What is looked at and no more: nobody is connected to.
const SESSION = { source: { flavour: "mariadb" }, gtidMode: "" } as Session;
const signal = new AbortController().signal;

function check(comparing: boolean, endedInside: boolean): Promise<void> {
  const stream = {
    sink: { resume: { file: "binlog.000001", eventEnd: 2 ** 32 + 1000 }, comparing },
    state: { file: "binlog.000001", endedInside },
  };
  // Only these fields are read.
  return new EndOfSource({} as DumpOptions).check(
    stream as unknown as DumpStream,
    SESSION,
    signal,
  );
}

Deno.test("beyond 4 GiB an end is believed between transactions, and with nothing left to compare", async () => {
  await check(false, false);
  await assertRejects(() => check(true, false), ConnectionError, "shown again");
  await assertRejects(() => check(false, true), ConnectionError, "inside a transaction");
});
