import type { ByteStream } from "../protocol/byte_stream.ts";
import { COMMAND, commandName } from "../protocol/commands.ts";
import type { PacketChannel, Question } from "../protocol/packet_channel.ts";
import { readResultSet, type ResultSet } from "../protocol/result_set.ts";
import type { Flavour } from "../store/identity.ts";
import { silenceLimit } from "./silence_limit.ts";
import type { CompressionAlgorithm } from "./source_options.ts";

/** What is known of a connection once it is logged in. */
export interface SourceConnectionInfo {
  stream: ByteStream;
  channel: PacketChannel;
  /** Without the 5.5.5- that MariaDB before 11 puts in front. */
  serverVersion: string;
  flavour: Flavour;
  connectionId: number;
  /** Capabilities in force. */
  capabilities: number;
  tls: boolean;
  compression: CompressionAlgorithm;
  authPlugin: string;
}

/**
 * A logged-in connection: queries and commands one after another, then the raw stream. The connection
 * is closed when nothing comes in answer for too long.
 */
export class SourceConnection {
  readonly info: Readonly<SourceConnectionInfo>;
  /** Milliseconds for which nothing may come in answer, where a question has no limit of its own. */
  silenceLimitMs: number = silenceLimit();
  #closed = false;

  constructor(info: SourceConnectionInfo) {
    this.info = info;
  }

  get serverVersion(): string {
    return this.info.serverVersion;
  }

  get flavour(): Flavour {
    return this.info.flavour;
  }

  /**
   * Runs one statement. `limitMs`: how long nothing may come in answer.
   * @throws {ServerError} for an ERR packet, {ConnectionError} where no answer comes.
   */
  async query(sql: string, limitMs: number = this.silenceLimitMs): Promise<ResultSet> {
    const { channel, capabilities } = this.info;
    const text = new TextEncoder().encode(sql);
    const payload = new Uint8Array(text.length + 1);
    payload[0] = COMMAND.COM_QUERY;
    payload.set(text, 1);
    await this.#ask(payload, { what: sql, limitMs });
    return await readResultSet(channel, capabilities);
  }

  /** The first value of the first row; undefined without a row, null for NULL. */
  async queryValue(sql: string, limitMs?: number): Promise<string | null | undefined> {
    return (await this.query(sql, limitMs)).rows[0]?.[0];
  }

  /** Sends a command that is answered by OK. */
  async command(payload: Uint8Array): Promise<void> {
    const { channel, capabilities } = this.info;
    await this.sendCommand(payload);
    await readResultSet(channel, capabilities);
  }

  /** Sends a command whose answer somebody else reads, from the channel or after a handover. */
  async sendCommand(payload: Uint8Array): Promise<void> {
    const what = commandName(payload[0]!);
    await this.#ask(payload, { what, limitMs: this.silenceLimitMs });
  }

  /** Sends a command; the channel sees to it that its answer comes. */
  async #ask(payload: Uint8Array, question: Question): Promise<void> {
    const { channel } = this.info;
    channel.question = question;
    await channel.writeCommand(payload);
  }

  /** The raw stream and what was read ahead of it, for the dump pipeline. */
  handover(): { stream: ByteStream; buffered: Uint8Array<ArrayBuffer> } {
    return { stream: this.info.stream, buffered: this.info.channel.takeBuffered() };
  }

  /** Closes the socket; a server takes that as the end. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.info.stream.close();
    } catch {
      // The runtime closed it with an error of its own, reported where it was read.
    }
  }
}
