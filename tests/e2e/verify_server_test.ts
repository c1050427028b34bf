import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { binlogd, caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { findingsOf } from "../inspect/_verify.ts";
import { FileBuilder, makeEvent } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

interface JsonLine {
  kind: string;
  file: string;
  good: boolean;
  events: number;
  findings: { code: string }[];
  faults: number;
  warnings: number;
}

function lines(text: string): JsonLine[] {
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

serverTest("verify finds a store and a running server's own files good", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    await mixedWorkload(server, { rounds: 1, small: true });
    assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", dir])).code, 0);
    for (const path of [dir, server.binlogDir]) {
      const run = await binlogd(["verify", path, "--strict", "--json"]);
      assertEquals(run.code, 0, run.stdout + run.stderr);
      const report = lines(run.stdout);
      assertEquals(report.filter(({ kind }) => kind === "finding"), []);
      const files = report.filter(({ kind }) => kind === "file");
      assertEquals(files.map(({ file }) => file), await server.binlogFiles());
      assert(files.every(({ good, findings }) => good && findings.length === 0));
    }
    const text = await binlogd(["verify", dir, "--utc"]);
    assertStringIncludes(text.stdout, "0 faults, 0 warnings");
  });
});

serverTest("verify warns of what a crash of the source leaves, and no more", async (kind) => {
  await using server = await startServer(kind, { config: ["sync-binlog=1"] });
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment)");
  await server.kill9();
  await server.launch();
  await server.sql("INSERT INTO d.t VALUES ()");
  const run = await binlogd(["verify", server.binlogDir, "--json"]);
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const codes = lines(run.stdout).flatMap(({ findings }) => findings ?? []).map(({ code }) => code);
  assert(codes.includes("not-closed"), run.stdout);
  // MySQL clears the flag when it recovers, MariaDB leaves it.
  assertEquals(codes.includes("in-use"), server.flavour === "mariadb");
  assertEquals((await binlogd(["verify", server.binlogDir, "--strict"])).code, 1);
});

serverTest("verify reports each flipped byte and each cut of a server's file", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int, b varchar(20)); FLUSH BINARY LOGS");
  await server.sql(
    "INSERT INTO d.t VALUES (1, 'one'); UPDATE d.t SET b = 'two'; FLUSH BINARY LOGS",
  );
  const bytes = await Deno.readFile(`${server.binlogDir}/binlog.000002`);
  assertEquals(findingsOf(bytes), []);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    const found = findingsOf(damaged);
    assert(found.length > 0, `byte ${at}`);
    assertEquals(found[0]!.code === "in-use", at === 21, `byte ${at}: ${found[0]!.code}`);
    if (at !== 21) assertEquals(found[0]!.severity, "fault");
  }
  for (let size = 0; size < bytes.length; size++) {
    assert(findingsOf(bytes.subarray(0, size)).length > 0, `cut at ${size}`);
  }
});

serverTest("verify calls an end being written while a dump is at work", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment)");
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    try {
      await dump.until(() => caughtUp(server, dir));
      const { file } = await server.binlogEnd();
      // What a verify that comes in the middle of a write sees.
      const { size } = await Deno.stat(`${dir}/${file}`);
      const body = new Uint8Array(100);
      const event = makeEvent({ type: EVENT_TYPE.QUERY_EVENT, body, end: size, checksum: true });
      await Deno.writeFile(`${dir}/${file}`, event.subarray(0, 30), { append: true });
      const during = await binlogd(["verify", dir]);
      assertEquals(during.code, 0, during.stdout);
      assertStringIncludes(during.stdout, "[being-written]");
    } finally {
      dump.kill("SIGKILL");
      await dump.ended();
    }
    const after = await binlogd(["verify", dir]);
    assertEquals(after.code, 1, after.stdout);
    assertStringIncludes(after.stdout, "[torn]");
  });
}, ["mysql97"]);

Deno.test("verify checks large events, whichever thread does", async () => {
  await withFolder(async (dir) => {
    const file = new FileBuilder("b.000001").format();
    for (let gno = 1; gno <= 80; gno++) file.transaction(gno, 1_000_000);
    const bytes = file.rotate("b.000002").bytes();
    const path = `${dir}/b.000001`;
    await Deno.writeFile(path, bytes);
    const good = await binlogd(["verify", path]);
    assertEquals(good.code, 0);
    assertStringIncludes(good.stdout, "402 events  80 transactions");
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    const bad = await binlogd(["verify", path]);
    assertEquals(bad.code, 1);
    assertStringIncludes(bad.stdout, "bad checksum in WRITE_ROWS_EVENT [damaged-event]");
  });
});
