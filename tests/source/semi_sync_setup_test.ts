import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServerError, UsageError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import type { ByteStream } from "../../lib/protocol/byte_stream.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import { encodeResultSet } from "../../lib/protocol/result_set.ts";
import { requestSemiSync } from "../../lib/source/semi_sync_setup.ts";
import { SourceConnection } from "../../lib/source/source_connection.ts";

type Answer = { code: number } | { rows: string[][] } | "ok";

/** A source that answers each statement as told, on the wire; remembers what it was asked. */
function scripted(
  answers: (sql: string) => Answer,
  flavour: "mysql" | "mariadb" = "mysql",
): { connection: SourceConnection; asked: string[] } {
  const asked: string[] = [];
  const pending: Uint8Array[] = [];
  const stream: ByteStream = {
    write(bytes) {
      const sql = new TextDecoder().decode(bytes.subarray(5));
      asked.push(sql);
      const answer = answers(sql);
      const payloads = answer === "ok"
        ? [encodeOk()]
        : "code" in answer
        ? [encodeErr({ code: answer.code, sqlState: "HY000", message: "scripted" })]
        : encodeResultSet(answer.rows[0]?.map(() => ({ name: "v" })) ?? [], answer.rows);
      payloads.forEach((payload, i) => pending.push(encodePacket(payload, i + 1)));
      return Promise.resolve(bytes.length);
    },
    read(buffer) {
      const next = pending.shift();
      if (!next) return Promise.resolve(null);
      buffer.set(next);
      return Promise.resolve(next.length);
    },
    close() {},
  };
  const connection = new SourceConnection({
    stream,
    channel: new PacketChannel(stream),
    serverVersion: "8.0.25",
    flavour,
    connectionId: 1,
    capabilities: 0,
    tls: false,
    compression: "uncompressed",
    authPlugin: "",
  });
  return { connection, asked };
}

function logged(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: new Logger({ write: (line) => lines.push(line) }), lines };
}

const UNKNOWN: Answer = { code: 1193 };
const SET = "SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1";

/** Answers of a source whose variables have the old names. */
function oldNames(settings: Record<string, string>): (sql: string) => Answer {
  return (sql) => {
    if (sql.includes("source_enabled")) return UNKNOWN;
    if (sql.includes("master_enabled")) return { rows: [[settings.enabled ?? "1"]] };
    if (sql.startsWith("SHOW VARIABLES LIKE 'rpl_semi_sync_master_%'")) {
      const rows = Object.entries(settings)
        .map(([name, value]) => [`rpl_semi_sync_master_${name}`, value]);
      return { rows };
    }
    if (sql.includes("sync_binlog")) return { rows: [[settings.syncBinlog ?? "1"]] };
    return sql === SET ? "ok" : { code: 1064 };
  };
}

const GOOD = { enabled: "1", wait_point: "AFTER_SYNC", wait_no_slave: "ON", timeout: "10000" };

Deno.test("semi-sync is asked for under the old name where the new one is unknown", async () => {
  const { connection, asked } = scripted(oldNames(GOOD));
  const { log, lines } = logged();
  assertEquals(await requestSemiSync(connection, "on", log), true);
  assertEquals(asked.slice(0, 2), [
    "SELECT @@global.rpl_semi_sync_source_enabled",
    "SELECT @@global.rpl_semi_sync_master_enabled",
  ]);
  assertEquals(asked[asked.length - 1], SET);
  assertEquals(lines.filter((line) => line.includes(" warning ")), []);
  const said = lines.find((line) => line.includes("semi-sync settings"))!;
  assert(/enabled=true timeout_ms=10000 wait_point=AFTER_SYNC/.test(said), said);
});

Deno.test("the old name is not asked for where the new one is known", async () => {
  const { connection, asked } = scripted((sql) => {
    if (sql.includes("source_enabled")) return { rows: [["1"]] };
    if (sql.startsWith("SHOW")) return { rows: [["rpl_semi_sync_source_enabled", "ON"]] };
    return sql.includes("sync_binlog") ? { rows: [["1"]] } : "ok";
  });
  assertEquals(await requestSemiSync(connection, "auto", logged().log), true);
  assert(!asked.some((sql) => sql.includes("master_enabled")), asked.join("; "));
});

Deno.test("a source that knows neither name has no semi-sync", async () => {
  for (const [flavour, hint] of [["mysql", "INSTALL PLUGIN"], ["mariadb", "10.3"]] as const) {
    const { connection, asked } = scripted(() => UNKNOWN, flavour);
    const error = await assertRejects(
      () => requestSemiSync(connection, "on", logged().log),
      UsageError,
      "no semi-synchronous replication",
    );
    assert(error.details.hint!.includes(hint), error.details.hint);
    assert(!asked.includes(SET));
    const { log, lines } = logged();
    assertEquals(await requestSemiSync(connection, "auto", log), false);
    assert(lines[0]!.includes("going on without"));
  }
});

Deno.test("any other error of the probe is the source's, not an answer", async () => {
  const { connection } = scripted(() => ({ code: 1227 }));
  await assertRejects(() => requestSemiSync(connection, "auto", logged().log), ServerError);
});

Deno.test("nothing is asked when semi-sync is not wanted", async () => {
  const { connection, asked } = scripted(() => UNKNOWN);
  assertEquals(await requestSemiSync(connection, "off", logged().log), false);
  assertEquals(asked, []);
});

Deno.test("settings under which a commit can be lost are warned about, each by name", async () => {
  const cases: [Record<string, string>, string][] = [
    [{ enabled: "0" }, "loaded but not enabled"],
    [{ wait_no_slave: "OFF" }, "do not wait while no replica is connected"],
    [{ wait_point: "AFTER_COMMIT" }, "other sessions see a commit before it is acknowledged"],
    [{ syncBinlog: "0" }, "may lose commits that we have"],
  ];
  for (const [change, warning] of cases) {
    const { connection } = scripted(oldNames({ ...GOOD, ...change }));
    const { log, lines } = logged();
    assertEquals(await requestSemiSync(connection, "on", log), true);
    const warnings = lines.filter((line) => line.includes(" warning "));
    assertEquals(warnings.length, 1, warnings.join("\n"));
    assert(warnings[0]!.includes(warning), warnings[0]);
  }
});
