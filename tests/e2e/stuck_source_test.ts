/** A source that never answers a dump of one server_id, as MariaDB does when an old one hangs. */
import { COMMAND } from "../../lib/protocol/commands.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import { caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { assertStored } from "../_stored.ts";

/** server_id of a COM_BINLOG_DUMP: header, command, u32 position, u16 flags, u32 server_id. */
function dumpServerId(bytes: Uint8Array): number | undefined {
  if (bytes.length < 15 || bytes[3] !== 0 || bytes[4] !== COMMAND.COM_BINLOG_DUMP) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(11, true);
}

/** Forwards to a server, but lets nothing back through of dumps with the first server_id it sees. */
class StuckSource {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  #stuckOn: number | undefined;

  constructor(port: number) {
    this.#serve(port);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(port: number): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#conns.add(client).add(server);
      let stuck = false;
      const up = this.#copy(client, server, (bytes) => {
        const id = dumpServerId(bytes);
        if (id !== undefined) stuck = id === (this.#stuckOn ??= id);
        return true;
      });
      const down = this.#copy(server, client, () => !stuck);
      Promise.all([up, down]).catch(() => {});
    }
  }

  async #copy(
    from: Deno.Conn,
    to: Deno.Conn,
    passes: (bytes: Uint8Array) => boolean,
  ): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
        const bytes = buffer.subarray(0, size);
        if (passes(bytes)) await writeAll(to, bytes);
      }
    } catch {
      // one side is gone
    } finally {
      this.#close(from);
      this.#close(to);
    }
  }

  #close(conn: Deno.Conn): void {
    if (this.#conns.delete(conn)) conn.close();
  }

  stop(): void {
    this.#listener.close();
    for (const conn of [...this.#conns]) this.#close(conn);
  }
}

serverTest("a source that is stuck on our server_id is asked under another", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE k; CREATE TABLE k.t (a INT); INSERT INTO k.t VALUES (1)");
  const stuck = new StuckSource(server.port);
  await withFolder(async (dir) => {
    const url = sourceUrl(server, "repl", stuck.port);
    const options = ["--follow", "--heartbeat=500ms", "--ssl-mode=DISABLED"];
    const dump = new RunningBinlogd(["dump", url, "--dir", dir, ...options]);
    try {
      await dump.until(() => caughtUp(server, dir));
      await dump.until(() => dump.log.includes("trying another"));
      await dump.stop();
      await assertStored(server, dir);
    } finally {
      dump.kill("SIGKILL");
      stuck.stop();
    }
  });
}, ["mariadb1011"]);
