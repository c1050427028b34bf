import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Relay } from "../../lib/proxy/relay.ts";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

async function flip(path: string, position: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[position]! ^= 1;
  await Deno.writeFile(path, bytes);
}

serverTest("verify --against compares sizes and bytes with the source", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    await mixedWorkload(server, { rounds: 1, small: true });
    assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", dir])).code, 0);
    await server.sql("FLUSH BINARY LOGS");
    const against = ["verify", dir, "--against", sourceUrl(server, "monitor")];
    const good = await binlogd([...against, "--bytes", "--json"]);
    assertEquals(good.code, 0, good.stdout + good.stderr);
    assertStringIncludes(good.stdout, '"code":"behind"');
    // Damage with a right checksum is what only the source can show.
    const first = `${dir}/binlog.000001`;
    await Deno.writeFile(first, (await Deno.readFile(first)).subarray(0, -40));
    const shorter = await binlogd(against);
    assertEquals(shorter.code, 1, shorter.stdout);
    assertStringIncludes(shorter.stdout, "[source-size]");
    await flip(`${dir}/binlog.000002`, 30);
    const other = await binlogd([...against, "--bytes"]);
    assertStringIncludes(other.stdout, "binlog.000002:30 the source sends other bytes");
    const poor = await binlogd(["verify", dir, "--against", sourceUrl(server, "repl")]);
    assertEquals(poor.code, 5, poor.stderr);
    assertStringIncludes(poor.stderr, "GRANT");
  });
});

serverTest("verify --against --bytes asks for no more than there is to compare", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE a; CREATE TABLE a.t (b LONGBLOB)");
  await withFolder(async (dir) => {
    assertEquals((await binlogd(["dump", sourceUrl(server), "--dir", dir])).code, 0);
    await server.sql("FLUSH BINARY LOGS");
    for (let i = 0; i < 4; i++) await server.sql("INSERT INTO a.t VALUES (REPEAT('x', 15000000))");
    let sent = 0;
    const onBytes = (_: number, __: unknown, { length }: Uint8Array): void => void (sent += length);
    const relay = Relay.listen({ target: { port: server.port }, seed: 1, onBytes });
    try {
      const url = sourceUrl(server, "monitor", relay.port);
      const run = await binlogd(["verify", dir, "--against", url, "--bytes"]);
      assertEquals(run.code, 0, run.stdout + run.stderr);
      // What the source had sent before the connection was closed; 60 MB are there.
      assert(sent < 30_000_000, `${sent} bytes`);
    } finally {
      relay.stop();
    }
  });
});

serverTest("verify --repair makes a store whole enough for the next dump", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int primary key auto_increment)");
  await server.sql("INSERT INTO d.t VALUES (); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (),()");
  await withFolder(async (dir) => {
    const dump = ["dump", sourceUrl(server), "--dir", dir];
    assertEquals((await binlogd(dump)).code, 0);
    const newest = `${dir}/binlog.000002`;
    const size = (await Deno.stat(newest)).size;
    await Deno.truncate(newest, size - 10);
    await Deno.remove(`${dir}/binlog.index`);
    await Deno.writeTextFile(`${dir}/binlogd.state.json`, "{");
    await Deno.writeTextFile(`${dir}/binlogd.state.json.tmp`, "{");
    const before = await binlogd(["verify", dir]);
    assertEquals(before.code, 1);
    for (const code of ["torn", "index", "state", "leftover"]) {
      assertStringIncludes(before.stdout, `[${code}]`);
    }
    const repaired = await binlogd(["verify", dir, "--repair"]);
    assertEquals(repaired.code, 0, repaired.stdout + repaired.stderr);
    const aside = [...Deno.readDirSync(dir)].filter(({ name }) => name.startsWith("binlogd.torn."));
    assertEquals(aside.length, 1);
    assertEquals((await binlogd(dump)).code, 0);
    assertEquals((await binlogd(["verify", dir, "--strict"])).code, 0);
    const whole = await Deno.readFile(newest);
    const theirs = await Deno.readFile(`${server.binlogDir}/binlog.000002`);
    theirs[21]! &= ~1;
    assertEquals(whole.subarray(0, size), theirs.subarray(0, size));
    const foreign = await binlogd(["verify", server.binlogDir, "--repair"]);
    assertEquals(foreign.code, 6, foreign.stdout);
  });
});
