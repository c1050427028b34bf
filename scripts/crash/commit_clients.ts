import type { SourceConnection } from "../../lib/source/source_connection.ts";
import { connectAdmin } from "../testbed/connect_admin.ts";
import type { RealServer } from "../testbed/server.ts";
import { CommitLedger, plannedGtid, rowText } from "./commit_ledger.ts";

const PAUSE_MS = 50;

/**
 * Clients that commit one transaction after the other, each with known content and a GTID of its
 * own choice, and record each commit that returned. One whose connection breaks connects again and
 * goes on with the next transaction: what became of the last one it can't know.
 */
export class CommitClients {
  readonly ledger = new CommitLedger();
  readonly #server: RealServer;
  readonly #running: Promise<void>[];
  #stopped = false;

  constructor(server: RealServer, count: number) {
    this.#server = server;
    this.#running = Array.from({ length: count }, (_, client) => this.#run(client));
  }

  /** Statements that make the table; to be run before. */
  static readonly SCHEMA =
    "CREATE DATABASE crash; CREATE TABLE crash.t (client int, n int, text varchar(500), " +
    "PRIMARY KEY (client, n)) CHARACTER SET latin1";

  /** Lets each client finish the commit it is in. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #run(client: number): Promise<void> {
    let number = 0;
    while (!this.#stopped) {
      let connection: SourceConnection | undefined;
      try {
        connection = await connectAdmin(this.#server);
        while (!this.#stopped) await this.#commit(connection, client, ++number);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      } finally {
        connection?.close();
      }
    }
  }

  async #commit(connection: SourceConnection, client: number, number: number): Promise<void> {
    const commit = { client, number };
    const gtid = plannedGtid(commit, this.#server.flavour);
    await connection.query(
      this.#server.flavour === "mysql"
        ? `SET gtid_next = '${gtid}'`
        : `SET gtid_domain_id = ${client + 1}, gtid_seq_no = ${number}`,
    );
    await connection.query(
      `INSERT INTO crash.t VALUES (${client}, ${number}, '${rowText(commit)}')`,
    );
    this.ledger.add(commit);
  }
}
