import { waitUntil } from "../../tests/_binlogd.ts";
import { RealServer } from "../testbed/server.ts";

const CATCH_UP_LIMIT_S = 600;

/**
 * The source's own kind of server as a semi-sync replica, receiving and applying. `synced`:
 * sync_relay_log=1, so that what it acknowledges is on disk; else its default, so that it is not.
 */
export class OwnReplica {
  readonly #server: RealServer;
  readonly #source: RealServer;

  private constructor(server: RealServer, source: RealServer) {
    this.#server = server;
    this.#source = source;
  }

  static async start(source: RealServer): Promise<OwnReplica> {
    const mysql = source.flavour === "mysql";
    const server = await RealServer.start(source.kind, {
      semiSync: true,
      serverId: 2,
      config: mysql
        ? ["loose-rpl_semi_sync_replica_enabled=ON", "relay-log=relay", "skip-replica-start"]
        : ["rpl_semi_sync_slave_enabled=ON", "relay-log=relay", "skip-slave-start"],
    });
    await server.sql(
      mysql
        ? "SET GLOBAL rpl_semi_sync_source_enabled=OFF; CHANGE REPLICATION SOURCE TO " +
          `SOURCE_HOST='127.0.0.1', SOURCE_PORT=${source.port}, SOURCE_USER='repl', ` +
          "SOURCE_PASSWORD='secret', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_SSL=0"
        : "SET GLOBAL rpl_semi_sync_master_enabled=OFF; CHANGE MASTER TO " +
          `MASTER_HOST='127.0.0.1', MASTER_PORT=${source.port}, MASTER_USER='repl', ` +
          "MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos, MASTER_SSL=0",
    );
    return new OwnReplica(server, source);
  }

  /** Starts replicating and waits until everything was received and applied. */
  async begin(synced: boolean): Promise<void> {
    const mysql = this.#server.flavour === "mysql";
    const sync = synced ? 1 : 10_000;
    await this.#server.sql(
      `SET GLOBAL sync_relay_log=${sync}; START ${mysql ? "REPLICA" : "SLAVE"}`,
    );
    const position = (await this.#source.sql(
      `SELECT @@global.${mysql ? "gtid_executed" : "gtid_binlog_pos"}`,
    )).replaceAll(/\\n|\s/g, "");
    const waited = await this.#server.sql(
      mysql
        ? `SELECT WAIT_FOR_EXECUTED_GTID_SET('${position}', ${CATCH_UP_LIMIT_S})`
        : `SELECT MASTER_GTID_WAIT('${position}', ${CATCH_UP_LIMIT_S})`,
    );
    if (waited.trim() !== "0") throw new Error("the replica does not catch up");
  }

  async end(): Promise<void> {
    const mysql = this.#server.flavour === "mysql";
    await this.#server.sql(`STOP ${mysql ? "REPLICA" : "SLAVE"}`);
    await waitUntil(async () => {
      const status = await this.#server.sql(mysql ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
      return !/\tYes\t/.test(status);
    });
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}
