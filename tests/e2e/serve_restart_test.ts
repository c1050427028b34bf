import { assertEquals } from "@std/assert";
import { reservePort } from "../../scripts/testbed/reserve_port.ts";
import { RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { replicateFrom, sameTables, serve, writeUsers } from "../server/_serving.ts";

const PARALLEL = {
  mysql: [
    "replica-parallel-workers=4",
    "replica-preserve-commit-order=ON",
    "relay-log-recovery=ON",
  ],
  mariadb: ["slave-parallel-threads=4", "slave-parallel-mode=optimistic", "relay-log-recovery=ON"],
};

serverTest(
  "a replica with parallel workers that is killed and started again goes on",
  async (kind) => {
    const flavour = kind === "mysql97" ? "mysql" : "mariadb";
    const durable = ["sync-binlog=1", "innodb-flush-log-at-trx-commit=1"];
    await using source = await startServer(kind);
    await using replica = await startServer(kind, {
      serverId: 2,
      config: [...PARALLEL[flavour], ...durable, "sync-relay-log=1"],
    });
    await withFolder(async (dir) => {
      const users = await writeUsers(dir);
      const store = `${dir}/store`;
      await source.sql(
        "CREATE DATABASE d;" +
          [0, 1, 2, 3].map((n) =>
            `CREATE TABLE d.t${n} (a int primary key auto_increment, b int, c varchar(50));`
          ).join(""),
      );
      const dump = new RunningBinlogd(["dump", sourceUrl(source), "--dir", store, "--follow"]);
      await dump.until(() => /dumping/.test(dump.log));
      using reserved = reservePort();
      const { port } = reserved.addr;
      let serving = await serve(store, users, [`--listen=127.0.0.1:${port}`]);
      await replicateFrom(replica, { port });
      const write = (): Promise<unknown> =>
        Promise.all(
          [0, 1, 2, 3].map((n) =>
            source.sql(`INSERT INTO d.t${n} (b, c) VALUES (${n}, 'text');`.repeat(150))
          ),
        );
      for (let round = 0; round < 3; round++) {
        const writing = write();
        await replica.kill9();
        await writing;
        await replica.launch();
        if (round === 1) {
          // The server goes away under it and comes back on the same port.
          assertEquals((await serving.program.stop()).code, 0);
          serving = await serve(store, users, [`--listen=127.0.0.1:${port}`]);
        }
        await sameTables(source, replica);
      }
      await serving.program.stop();
      await dump.stop();
    });
  },
);
