import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../../scripts/testbed/has_program.ts";
import { binlogd, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { followStatements, replicaConfig, runClient, untilAnswer } from "../proxy/_clients.ts";
import { RunningProxy } from "../proxy/_running_proxy.ts";

const SECRETS = ["hunter2", "hunter3", "sourcepw", "secret"];

function target(server: RealServer): string {
  return `mysql://127.0.0.1:${server.port}`;
}

function assertNoSecret(text: string, where: string): void {
  for (const secret of SECRETS) assert(!text.includes(secret), `${secret} in ${where}:\n${text}`);
}

serverTest("a client's session is printed, in text and JSON, without its secrets", async (kind) => {
  await using server = await startServer(kind);
  const mysql = server.flavour === "mysql";
  const change = mysql
    ? "CHANGE REPLICATION SOURCE TO SOURCE_HOST='h', SOURCE_USER='u', SOURCE_PASSWORD='sourcepw'"
    : "CHANGE MASTER TO MASTER_HOST='h', MASTER_USER='u', MASTER_PASSWORD='sourcepw'";
  const statements = `SELECT 1 AS one, NULL AS nothing; SELECT nonsense;
    CREATE USER bob IDENTIFIED BY 'hunter2'; ALTER USER bob IDENTIFIED BY 'hunter3' oops;
    ${change}; DROP USER bob;`;
  await withFolder(async (dir) => {
    const capture = `${dir}/c.pcapng`;
    const args = ["--to", target(server), "--record", capture, "--hex"];
    await using text = await RunningProxy.start(...args);
    const answer = await runClient(server, statements, { port: text.port });
    assertStringIncludes(new TextDecoder().decode(answer.stdout), "nothing");
    await text.printed("COM_QUIT");
    await text.printed("closed by");
    for (
      const expected of [
        "greeting: server",
        "PROTOCOL_41",
        "login: user admin",
        "logged in: OK",
        "SELECT 1 AS one, NULL AS nothing",
        "| one | nothing |",
        "| 1   | NULL    |",
        "ERR 1054 (42S22)",
        "IDENTIFIED BY '*******'",
        "_PASSWORD='********'",
        "protocol_version = 10",
        "auth_response = (hidden)",
      ]
    ) assertStringIncludes(text.output, expected);
    await text.stop();
    assertNoSecret(text.output, "print");
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(capture));
    assertNoSecret(bytes.replaceAll("secrets are overwritten", ""), "capture");

    const json = await binlogd(["proxy", "--read", capture, "--json"]);
    assertEquals(json.code, 0, json.stderr);
    assertNoSecret(json.stdout, "json");
    const packets = json.stdout.trim().split("\n").map((line) => JSON.parse(line));
    const command = packets.find(({ meaning }) => /SELECT 1 AS one/.test(meaning));
    assertEquals(command.direction, "client-to-server");
    assertEquals(command.sequence, 0);
    assertEquals(command.fields.command, "COM_QUERY");

    const errors = await binlogd(["proxy", "--read", capture, "--only", "errors"]);
    const lines = errors.stdout.trim().split("\n");
    assert(lines.length >= 2 && lines.every((line) => /ERR \d+/.test(line)), errors.stdout);
  });
});

serverTest("a real replica is seen from greeting to semi-sync ACK", async (kind) => {
  await using source = await startServer(kind, { semiSync: true });
  await using replica = await startServer(kind, {
    semiSync: true,
    serverId: 2,
    config: replicaConfig(source.flavour),
  });
  await source.sql("CREATE DATABASE k; CREATE TABLE k.t (a INT PRIMARY KEY)");
  await using proxy = await RunningProxy.start("--to", target(source));
  await replica.sql(followStatements(replica, proxy.port));
  await proxy.printed("ROTATE_EVENT");
  await source.sql("INSERT INTO k.t VALUES (1)");
  await untilAnswer(replica, "SELECT a FROM k.t", "1");
  await proxy.printed(/semi-sync ACK binlog\.000001:\d+/);
  await proxy.printed("HEARTBEAT_LOG_EVENT");
  for (
    const expected of [
      "COM_REGISTER_SLAVE server_id 2",
      source.flavour === "mysql" ? "COM_BINLOG_DUMP_GTID GTID set (empty)" : "COM_BINLOG_DUMP ",
      "FORMAT_DESCRIPTION_EVENT server",
      "[semi-sync, ACK requested] XID_EVENT",
    ]
  ) assertStringIncludes(proxy.output, expected);
  for (const wrong of ["unreadable", "out of order", "can't be read"]) {
    assert(!proxy.output.includes(wrong), proxy.output);
  }
  assertNoSecret(proxy.output, "print");
});

serverTest("the recorded start of a replica is replayed to a real one", async (kind) => {
  await using replica = await startServer(kind, {
    semiSync: true,
    serverId: 2,
    config: replicaConfig(kind === "mysql97" ? "mysql" : "mariadb"),
  });
  const capture = new URL(`../../testdata/captures/${kind}-replica.pcapng`, import.meta.url);
  await using proxy = await RunningProxy.start("--replay", capture.pathname);
  // Any password will do.
  await replica.sql(followStatements(replica, proxy.port).replaceAll("'secret'", "'another'"));
  try {
    await untilAnswer(replica, "SELECT GROUP_CONCAT(id) FROM shop.orders", "2,3");
    await untilAnswer(replica, "SELECT item FROM shop.orders WHERE id = 3", "oat milk");
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${proxy.log}`);
  }
  assert(!/conn\w+=1 left=/.test(proxy.log), proxy.log);
});

serverTest("a replay serves binlogd dump, and says where a client leaves it", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE k; CREATE TABLE k.t (a INT); INSERT INTO k.t VALUES (7)");
  const plain = ["--ssl-mode=DISABLED", "--get-server-public-key"];
  await withFolder(async (dir) => {
    const capture = `${dir}/c.pcapng`;
    const proxy = await RunningProxy.start("--to", target(server), "--record", capture);
    const url = (port: number): string => `mysql://repl@127.0.0.1:${port}`;
    const first = await binlogd(["dump", url(proxy.port), "--dir", `${dir}/a`, ...plain]);
    assertEquals(first.code, 0, first.stderr);
    await proxy.stop();
    await using replay = await RunningProxy.start("--replay", capture, "--loop");
    const env = { MYSQL_PWD: "whatever" };
    const again = await binlogd(["dump", url(replay.port), "--dir", `${dir}/b`, ...plain], env);
    assertEquals(again.code, 0, again.stderr + replay.log);
    assertEquals(
      await Deno.readFile(`${dir}/b/binlog.000001`),
      await Deno.readFile(`${dir}/a/binlog.000001`),
    );
    await using strict = await RunningProxy.start("--replay", capture);
    const other = await runClient(server, "SELECT 'else'", { port: strict.port, user: "repl" });
    assert(other.stderr !== "", new TextDecoder().decode(other.stdout));
    await waitUntil(() => strict.log.includes("left the script of connection 1"));
  });
});

serverTest("TLS is passed through unread, and --strip-tls makes it readable", async (kind) => {
  await using server = await startServer(kind);
  await using proxy = await RunningProxy.start("--to", target(server));
  // MariaDB's client insists on a checked certificate unless it is told not to.
  const dump = async (port: number): Promise<string> =>
    await withFolder(async (dir) => {
      const url = `mysql://repl@127.0.0.1:${port}`;
      const run = await binlogd(["dump", url, "--dir", dir, "--get-server-public-key"]);
      assertEquals(run.code, 0, run.stderr);
      return run.stderr;
    });
  assertStringIncludes(await dump(proxy.port), "tls=true");
  await proxy.printed("TLS begins here: the rest can't be read");
  assert(!proxy.output.includes("COM_QUERY"));
  await using stripped = await RunningProxy.start("--to", target(server), "--strip-tls");
  assertStringIncludes(stripped.log, "TLS IS TAKEN OUT");
  assertStringIncludes(await dump(stripped.port), "tls=false");
  await stripped.printed("COM_BINLOG_DUMP");
}, ["mysql97", "mariadb118"]);

serverTest("both sides may be Unix sockets", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const path = `${dir}/p`;
    await using proxy = await RunningProxy.start("--listen", path, "--to", server.socket);
    const run = await binlogd(["dump", `mysql://repl@${path}`, "--dir", `${dir}/s`]);
    assertEquals(run.code, 0, run.stderr);
    await proxy.printed("COM_BINLOG_DUMP");
    assertNoSecret(proxy.output, "print");
  });
}, ["mysql97", "mariadb1011"]);

serverTest("faults of the command line reach the connection", async (kind) => {
  await using server = await startServer(kind);
  const port = async (...args: string[]): Promise<RunningProxy> =>
    await RunningProxy.start("--to", target(server), "--seed=5", ...args);
  await using slow = await port("--fault=split:7", "--fault=delay:1,dir=up");
  assertEquals((await runClient(server, "SELECT 1", { port: slow.port })).code, 0, slow.output);
  await using cut = await port("--fault=cut=20");
  const lost = await runClient(server, "SELECT 1", { port: cut.port });
  assert(lost.code !== 0);
  assertStringIncludes(lost.stderr, "2013");
  await cut.printed("closed by");
}, ["mysql97"]);

Deno.test("an address that is taken, and a server that is not there, are named", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const run = await binlogd(["proxy", "--listen", `127.0.0.1:${port}`, "--to", "127.0.0.1:1"]);
  assertEquals(run.code, 4, run.stderr);
  assertStringIncludes(run.stderr, `Cannot listen on 127.0.0.1:${port}`);
  await using proxy = await RunningProxy.start("--to", "127.0.0.1:1");
  const client = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
  assertEquals(await client.read(new Uint8Array(10)).catch(() => null), null);
  client.close();
  await proxy.printed("the server can't be reached");
  assertEquals((await binlogd(["proxy"])).code, 2);
  const missing = await binlogd(["proxy", "--read", "/nonexistent.pcapng"]);
  assertEquals(missing.code, 6, missing.stderr);
});

if (Deno.uid() === 0 && await hasProgram("tcpdump")) {
  serverTest("what tcpdump recorded is printed", async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (dir) => {
      const path = `${dir}/t.pcap`;
      const child = new Deno.Command("tcpdump", {
        args: ["-i", "lo", "-U", "-w", path, "-s", "0", "-Z", "root", `tcp port ${server.port}`],
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      for (let said = ""; !said.includes("listening on");) said += (await reader.read()).value!;
      await runClient(server, "SELECT 'seen' AS word", { port: server.port });
      const args = ["proxy", "--read", path, `--server-port=${server.port}`];
      let found = "";
      try {
        await waitUntil(
          async () => {
            found = (await binlogd(args)).stdout;
            return /COM_QUIT[^]*closed by/.test(found);
          },
          60_000,
          () => found,
        );
      } finally {
        child.kill("SIGTERM");
        await child.status;
        await reader.cancel();
      }
      for (const expected of ["greeting: server", "login: user admin", "| seen |"]) {
        assertStringIncludes(found, expected);
      }
      assertNoSecret(found, "print");
    });
  }, ["mysql97", "mariadb118"]);
} else {
  Deno.test({
    name: "what tcpdump recorded is printed (skipped: no tcpdump, or not root)",
    ignore: true,
    fn: () => {},
  });
}
