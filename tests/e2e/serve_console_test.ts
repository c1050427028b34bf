/** The command line clients: KILL, what they print, and newer readers in place of older ones. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import {
  replicaStatus,
  replicateFrom,
  serve,
  stopReplica,
  writeUsers,
} from "../server/_serving.ts";

function login(server: RealServer, port: number, user: string): string[] {
  const plain = server.flavour === "mysql"
    ? ["--ssl-mode=DISABLED", "--get-server-public-key"]
    : ["--skip-ssl"];
  return ["--no-defaults", ...plain, "-h127.0.0.1", `-P${port}`, `-u${user}`, "-psecret"];
}

/** What the server's command line client prints, or its error. */
async function ask(
  server: RealServer,
  port: number,
  user: string,
  statement: string,
  form = "--table",
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(server.client, {
    args: [...login(server, port, user), form, "-e", statement],
  }).output();
  const text = new TextDecoder();
  return success ? text.decode(stdout) : text.decode(stderr).replace(/^.*Warning.*\n/gm, "");
}

const TABLE = "CREATE DATABASE d; CREATE TABLE d.t (a int); INSERT INTO d.t VALUES (1)";

serverTest("tables are printed as from the source, with replicas and without", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql(`${TABLE}; FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2)`);
    const mysql = source.flavour === "mysql";
    // MariaDB writes its checkpoint a moment after the first events of a file.
    const checkpoint = "SHOW BINLOG EVENTS IN 'binlog.000002'";
    await waitUntil(async () =>
      mysql || (await source.sql(checkpoint)).split("Binlog_checkpoint").length > 2
    );
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`])).code, 0);
    await using serving = await serve(`${dir}/s`, users, ["--present-as=source"]);
    const admin = mysql ? "boss" : "admin";
    const status = mysql ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    const hosts = mysql ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
    const statements = [
      "SHOW BINARY LOGS",
      status,
      "SHOW BINLOG EVENTS LIMIT 6",
      "SHOW BINLOG EVENTS IN 'binlog.000002' FROM 4 LIMIT 1, 3",
      "SHOW VARIABLES LIKE 'server_id'",
      "SELECT 1, 'text', NULL",
      hosts,
    ];
    const compare = async (statement: string): Promise<void> => {
      const theirs = await ask(source, source.port, "admin", statement);
      assertEquals(await ask(source, serving.port, admin, statement), theirs, statement);
    };
    for (const statement of statements) await compare(statement);
    // With the same replica at each of them, one after the other.
    const seen: string[] = [];
    for (const to of [{ port: source.port, user: "repl" }, { port: serving.port }]) {
      await replicateFrom(replica, to);
      const user = to.user === undefined ? admin : "admin";
      await waitUntil(async () => (await ask(source, to.port, user, hosts)).includes("| "));
      seen.push(await ask(source, to.port, user, hosts));
      await waitUntil(async () =>
        /[Hh]as sent all binlog/.test(await ask(source, to.port, user, "SHOW PROCESSLIST"))
      );
      const list = await ask(source, to.port, user, "SHOW PROCESSLIST", "--batch");
      const row = list.split("\n").find((line) => line.includes("Binlog Dump"))!.split("\t");
      // MariaDB's servers add a column of their own.
      seen.push([list.split("\n")[0], row[4], row[6]].join(" ").replace("\tProgress", ""));
      await stopReplica(replica);
    }
    assertEquals(seen.slice(2), seen.slice(0, 2));
  });
});

serverTest("KILL: own connections always, others' as an admin, 1094 and 1095", async (kind) => {
  await using source = await startServer(kind);
  await using replica = await startServer(kind, { serverId: 2 });
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql(TABLE);
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`])).code, 0);
    await using serving = await serve(`${dir}/s`, users, ["--tls-self-made"]);
    const mysql = source.flavour === "mysql";
    const [own, admin, monitor] = mysql
      ? ["repl", "boss", "monitor"]
      : ["native", "admin", "nmonitor"];
    const dumpId = async (): Promise<string | undefined> => {
      const list = await ask(source, serving.port, admin!, "SHOW PROCESSLIST", "--batch");
      return list.split("\n").find((line) => line.includes("Binlog Dump"))?.split("\t")[0];
    };
    for (const tls of [false, true]) {
      await replicateFrom(replica, { port: serving.port, tls });
      for (const user of [own!, admin!]) {
        let id: string | undefined;
        await waitUntil(async () => (id = await dumpId()) !== undefined);
        assertStringIncludes(
          await ask(source, serving.port, monitor!, `KILL ${id}`),
          "ERROR 1095 (HY000)",
        );
        assertEquals(await dumpId(), id);
        assertEquals(await ask(source, serving.port, user, `KILL ${id}`), "");
        // The replica comes back by itself.
        await waitUntil(async () => ![undefined, id].includes(await dumpId()));
      }
      await waitUntil(async () =>
        (await replicaStatus(replica)).get("Replica_IO_Running") === "Yes"
      );
      await stopReplica(replica);
      await waitUntil(async () => await dumpId() === undefined);
    }
    for (const user of [own!, admin!]) {
      const answer = await ask(source, serving.port, user, "KILL 4000000000");
      assertStringIncludes(answer, "ERROR 1094 (HY000)");
    }
  });
});

/** A tool that reads without end as replica 77; resolves to what it says at its end. */
function follow(source: RealServer, port: number, user: string): {
  child: Deno.ChildProcess;
  ended: Promise<string>;
} {
  const id = source.flavour === "mysql"
    ? "--connection-server-id=77"
    : "--stop-never-slave-server-id=77";
  const child = new Deno.Command(source.mysqlbinlog, {
    args: [
      ...login(source, port, user),
      "--read-from-remote-server",
      "--stop-never",
      id,
      "binlog.000001",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ended = new Response(child.stderr).text().then(async (text) => {
    await child.status;
    return text.split("\n").filter((line) => /ERROR/.test(line)).join();
  });
  return { child, ended };
}

serverTest("a newer reader of the same server_id ends the older one with 1236", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await source.sql(TABLE);
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", `${dir}/s`])).code, 0);
    await using serving = await serve(`${dir}/s`, users);
    const mysql = source.flavour === "mysql";
    const words: string[] = [];
    for (
      const [port, user, admin] of [
        [source.port, "repl", "admin"],
        [serving.port, mysql ? "repl" : "native", mysql ? "boss" : "admin"],
      ] as const
    ) {
      const count = async (): Promise<number> =>
        (await ask(source, port, admin, "SHOW PROCESSLIST", "--batch"))
          .split("\n").filter((line) => line.includes("Binlog Dump")).length;
      const older = follow(source, port, user);
      await waitUntil(async () => await count() === 1);
      const newer = follow(source, port, user);
      words.push(await older.ended);
      // A thread is still listed for a moment after it has said its last.
      await waitUntil(async () => await count() === 1);
      newer.child.kill("SIGKILL");
      await newer.ended;
    }
    assertStringIncludes(words[0]!, "with the same server_");
    assertEquals(words[1]!.split(";")[0], words[0]!.split(";")[0]);
  });
});
