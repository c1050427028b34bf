import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, RunningBinlogd, sourceUrl, waitUntil } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";
import { serve, writeUsers } from "../server/_serving.ts";

const READ = "--read-from-remote-server";

interface Tool {
  args: (port: number, user: string) => string[];
  user: string;
  admin: string;
}

function tool(server: RealServer): Tool {
  const mysql = server.flavour === "mysql";
  const plain = mysql ? ["--ssl-mode=DISABLED", "--get-server-public-key"] : ["--skip-ssl"];
  return {
    args: (port, user) => [
      "--no-defaults",
      ...plain,
      "-h127.0.0.1",
      `-P${port}`,
      `-u${user}`,
      "-psecret",
    ],
    user: mysql ? "repl" : "native",
    admin: mysql ? "boss" : "admin",
  };
}

async function execute(program: string, args: string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    ...(cwd ? { cwd } : {}),
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** What mysqlbinlog prints, without what differs from run to run. */
function comparable(text: string): string {
  return text.split("\n").filter((line) =>
    !/^(#.*(server id \d+|at) |\/\*!50700|# The proper)/.test(line)
  )
    .join("\n");
}

serverTest(
  "mysqlbinlog copies and prints the same from binlogd as from the source",
  async (kind) => {
    await using source = await startServer(kind);
    await withFolder(async (dir) => {
      const users = await writeUsers(dir);
      const store = `${dir}/store`;
      await mixedWorkload(source, { rounds: 1 });
      await source.sql("FLUSH BINARY LOGS");
      assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
      await using serving = await serve(store, users);
      const { args, user } = tool(source);
      const files = (await source.binlogFiles()).slice(0, -1);
      const raw = `${dir}/raw`;
      await Deno.mkdir(raw);
      const ours = args(serving.port, user);
      await execute(source.mysqlbinlog, [...ours, READ, "--raw", ...files], raw);
      for (const file of files) {
        const [copied, theirs] = [`${raw}/${file}`, `${source.binlogDir}/${file}`]
          .map((path) => Deno.readFileSync(path));
        assert(
          copied!.length === theirs!.length && copied!.every((byte, i) => byte === theirs![i]),
          file,
        );
      }
      // Printed, whole and from the middle.
      const printed = ["--verbose", READ];
      const events = await source.sql("SHOW BINLOG EVENTS IN 'binlog.000001' LIMIT 8, 1");
      for (const extra of [[], [`--start-position=${events.split("\t")[1]}`]]) {
        const first = [...printed, ...extra, files[0]!];
        assertEquals(
          comparable(await execute(source.mysqlbinlog, [...ours, ...first])),
          comparable(await execute(source.mysqlbinlog, [...args(source.port, "repl"), ...first])),
        );
      }
      if (source.flavour === "mysql") {
        const uuid = (await source.sql("SELECT @@server_uuid")).trim();
        const byGtid = [
          "--read-from-remote-source=BINLOG-DUMP-GTIDS",
          `--exclude-gtids=${uuid}:1-9`,
        ];
        assertEquals(
          comparable(await execute(source.mysqlbinlog, [...ours, ...byGtid, files[0]!])),
          comparable(
            await execute(source.mysqlbinlog, [...args(source.port, "repl"), ...byGtid, files[0]!]),
          ),
        );
      }
      // A position that there is not.
      const beyond = execute(source.mysqlbinlog, [
        ...ours,
        READ,
        "--start-position=99999999",
        files[0]!,
      ]);
      const message = await beyond.then(() => "no error", (error) => String(error.message));
      assertStringIncludes(
        message,
        source.flavour === "mysql" ? "> file size" : "impossible position",
      );
    });
  },
);

serverTest("binlogd dumps from binlogd, and a tool follows a store that grows", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    await mixedWorkload(source, { rounds: 1, small: true });
    const dump = new RunningBinlogd(
      ["dump", sourceUrl(source), "--dir", `${dir}/store`, "--follow"],
    );
    await dump.until(() => /dumping/.test(dump.log));
    await using serving = await serve(`${dir}/store`, users);
    const second = new RunningBinlogd([
      "dump",
      `mysql://${source.flavour === "mysql" ? "repl" : "native"}@127.0.0.1:${serving.port}`,
      "--dir",
      `${dir}/second`,
      "--follow",
      "--get-server-public-key",
    ]);
    await source.sql("INSERT INTO w.t(a,b) VALUES (77,'live')");
    const { file, position } = await source.binlogEnd();
    await waitUntil(
      async () =>
        await Deno.stat(`${dir}/second/${file}`).then(({ size }) => size === position, () => false),
      60_000,
      () => second.log,
    );
    for (const name of await source.binlogFiles()) {
      const [a, b] = ["store", "second"].map((part) => Deno.readFileSync(`${dir}/${part}/${name}`));
      assert(a!.length === b!.length && a!.every((byte, i) => byte === b![i]), name);
    }
    await second.stop();
    await dump.stop();
  });
});

serverTest("the command line client is answered as by a source", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const store = `${dir}/store`;
    await mixedWorkload(source, { rounds: 1, small: true });
    // MariaDB writes its checkpoint a moment after the first events of a file.
    await waitUntil(async () => {
      const { position } = await source.binlogEnd();
      assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
      return (await source.binlogEnd()).position === position;
    });
    await using serving = await serve(store, users);
    const { args, admin } = tool(source);
    const mysql = source.flavour === "mysql";
    const status = mysql ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    const gtids = mysql
      ? "SELECT @@global.gtid_executed, @@global.gtid_purged, @@gtid_mode"
      : "SELECT @@global.gtid_binlog_pos, @@global.gtid_binlog_state";
    for (
      const statement of [
        "SELECT VERSION()",
        "SHOW BINARY LOGS",
        status,
        gtids,
        "SHOW BINLOG EVENTS IN 'binlog.000001' LIMIT 3, 20",
        "SHOW VARIABLES LIKE 'binlog_checksum'",
      ]
    ) {
      const shown = await execute(source.client, [
        ...args(serving.port, admin),
        "--batch",
        "-e",
        statement,
      ]);
      const theirs = await execute(source.client, [
        ...args(source.port, "admin"),
        "--batch",
        "-e",
        statement,
      ]);
      assertEquals(shown, theirs, statement);
    }
    for (
      const [statement, code] of [
        ["SELECT @@no_such_variable", 1193],
        ["KILL 4000000", 1094],
        ["SELECT * FROM information_schema.tables", 1235],
        ["INSERT INTO t VALUES (1)", 1064],
      ] as const
    ) {
      const outcome = await execute(source.client, [...args(serving.port, admin), "-e", statement])
        .then(() => "no error", (error) => String(error.message));
      assertStringIncludes(outcome, `ERROR ${code}`, statement);
    }
  });
});
