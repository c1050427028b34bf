/** Sources that stop answering at any of the questions before the events of a dump. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { ConnectionError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { connectSource } from "../../lib/source/connect.ts";
import { readFileHead } from "../../lib/source/file_head.ts";
import { findSourceFile } from "../../lib/source/find_file.ts";
import { setUpSession } from "../../lib/source/session_setup.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";
import type { Flavour } from "../../lib/store/identity.ts";
import { waitUntil } from "../_binlogd.ts";
import { StallingSource } from "./_stalling_source.ts";

const log = new Logger({ write: () => {} });
const HEARTBEAT_MS = 1;
/** Two heartbeats, and 5 s. */
const LIMIT_MS = 5002;
const GTID_SETS = { mysql: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", mariadb: "0-1-5" };

async function session(source: SourceOptions, signal: AbortSignal): Promise<void> {
  const connection = await connectSource(source, log, signal);
  await setUpSession(connection, {
    serverId: 77,
    uuid: "5e0c6a0f-0000-4000-8000-000000000000",
    heartbeatMs: HEARTBEAT_MS,
    semiSync: "on",
    nonBlocking: false,
    reportHost: "here",
    address: "there",
    log,
  }).finally(() => connection.close());
}

type Ask = (source: SourceOptions, signal: AbortSignal) => Promise<unknown>;

/** What asks a source something: the session of a dump, and each look into a source. */
function askers(flavour: Flavour): Ask[] {
  const gtidSet = GTID_SETS[flavour];
  const heartbeatMs = HEARTBEAT_MS;
  return [
    session,
    (source, signal) => findSourceFile({ ...source, heartbeatMs }, log, signal),
    (source, signal) => findSourceFile({ ...source, heartbeatMs }, log, signal, { gtidSet }),
    (source, signal) => readFileHead({ ...source, heartbeatMs }, log, signal, "binlog.000001"),
  ];
}

async function withSource<T>(
  flavour: Flavour,
  stallsAt: (question: string, number: number) => boolean,
  work: (source: StallingSource) => Promise<T>,
): Promise<T> {
  const source = new StallingSource(flavour, stallsAt);
  try {
    return await work(source);
  } finally {
    source.stop();
  }
}

/** Asks a source that stalls at the n-th question, which the error has to name. */
async function assertNoticed(flavour: Flavour, ask: Ask, stalled: number): Promise<void> {
  await withSource(flavour, (_, number) => number === stalled, async (source) => {
    const began = performance.now();
    const error = await ask(source.options, new AbortController().signal).catch((error) => error);
    const took = performance.now() - began;
    const question = source.asked[stalled]!;
    assertInstanceOf(error, ConnectionError, question);
    assertStringIncludes(error.message, `Nothing came for ${LIMIT_MS / 1000} s in answer to: `);
    assertStringIncludes(error.message, question);
    assert(took > LIMIT_MS - 100 && took < LIMIT_MS + 10_000, `${question}: ${took} ms`);
  });
}

Deno.test("a source that stops answering is noticed at each question before the events", async () => {
  const cases: Promise<void>[] = [];
  for (const flavour of ["mysql", "mariadb"] as const) {
    for (const ask of askers(flavour)) {
      const { asked } = await withSource(flavour, () => false, async (source) => {
        await ask(source.options, new AbortController().signal);
        return source;
      });
      asked.forEach((_, stalled) => cases.push(assertNoticed(flavour, ask, stalled)));
    }
  }
  assert(cases.length > 30, `${cases.length} questions`);
  await Promise.all(cases);
});

Deno.test("a look into a source that is called off ends with the reason, not as a broken link", async () => {
  for (const ask of askers("mysql").slice(1)) {
    await withSource("mysql", (question) => question.startsWith("COM_BINLOG"), async (source) => {
      const stop = new AbortController();
      const asking = ask(source.options, stop.signal).catch((error) => error);
      await waitUntil(() => source.asked.some((question) => question.startsWith("COM_BINLOG")));
      const reason = new Error("ended by SIGTERM");
      stop.abort(reason);
      assertEquals(await asking, reason);
    });
  }
});

Deno.test("a question that nobody gave a limit has one, and one with a limit has its own", async () => {
  await withSource("mysql", () => true, async (source) => {
    const connection = await connectSource(source.options, log, new AbortController().signal);
    assertEquals(connection.silenceLimitMs, 25_000);
    const began = performance.now();
    const error = await connection.query("SHOW BINARY LOGS", 100).catch((error) => error);
    assertInstanceOf(error, ConnectionError);
    assertEquals(error.message, "Nothing came for 0.1 s in answer to: SHOW BINARY LOGS");
    assert(performance.now() - began < 5000);
    // It is closed: nothing else can be asked.
    assertInstanceOf(await connection.query("SELECT 1").catch((error) => error), ConnectionError);
    connection.close();
  });
});
