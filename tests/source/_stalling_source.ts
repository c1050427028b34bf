import { COMMAND, commandName } from "../../lib/protocol/commands.ts";
import { encodeEof, encodeOk } from "../../lib/protocol/response.ts";
import { encodeResultSet } from "../../lib/protocol/result_set.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";
import type { Flavour } from "../../lib/store/identity.ts";
import { artificialRotate } from "../_events.ts";
import { ScriptedServer } from "./_scripted_server.ts";

const VERSIONS = { mysql: "9.7.4", mariadb: "5.5.5-11.8.2-MariaDB" };
const DUMPS: readonly number[] = [COMMAND.COM_BINLOG_DUMP, COMMAND.COM_BINLOG_DUMP_GTID];

/** What {@link StallingSource} is asked: the statement, or the name of the command. */
function questionOf(payload: Uint8Array): string {
  if (payload[0] !== COMMAND.COM_QUERY) return commandName(payload[0]!);
  return new TextDecoder().decode(payload.subarray(1));
}

/**
 * A source that lets everybody in and answers what a dump asks, but says nothing more from the
 * question on that it stalls at. A dump is answered by a rotate alone.
 */
export class StallingSource {
  /** Questions so far, over all connections. */
  readonly asked: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  readonly #flavour: Flavour;
  readonly #stallsAt: (question: string, number: number) => boolean;

  constructor(flavour: Flavour, stallsAt: (question: string, number: number) => boolean) {
    this.#flavour = flavour;
    this.#stallsAt = stallsAt;
    this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get options(): SourceOptions {
    return {
      host: "127.0.0.1",
      port: this.port,
      user: "repl",
      password: "secret",
      sslMode: "DISABLED",
      getServerPublicKey: false,
      connectTimeoutMs: 10_000,
    };
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#conns.add(conn);
      this.#serve(conn).catch(() => {}).finally(() => this.#close(conn));
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    const server = new ScriptedServer(conn);
    const { channel } = server;
    await server.greet({ serverVersion: VERSIONS[this.#flavour] });
    await server.ok();
    for (;;) {
      channel.sequence = 0;
      const payload = await channel.read();
      const question = questionOf(payload);
      const number = this.asked.push(question) - 1;
      if (this.#stallsAt(question, number)) break;
      for (const part of this.#answer(payload[0]!, question)) await channel.write(part);
    }
    await channel.tryRead();
  }

  #answer(command: number, question: string): Uint8Array[] {
    if (DUMPS.includes(command)) {
      const rotate = artificialRotate("binlog.000001", 4, false);
      return [Uint8Array.of(0, ...rotate), encodeEof()];
    }
    if (question.startsWith("SELECT")) return encodeResultSet([{ name: "v" }], [["1"]]);
    if (!question.startsWith("SHOW")) return [encodeOk()];
    return encodeResultSet([{ name: "n" }, { name: "v" }], []);
  }

  #close(conn: Deno.Conn): void {
    if (this.#conns.delete(conn)) conn.close();
  }

  stop(): void {
    this.#listener.close();
    for (const conn of [...this.#conns]) this.#close(conn);
  }
}
