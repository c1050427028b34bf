import { ConnectionError } from "../errors.ts";
import type { ByteStream } from "../protocol/byte_stream.ts";
import { COMMAND } from "../protocol/commands.ts";
import type { PacketChannel } from "../protocol/packet_channel.ts";
import { readResultSet, type ResultSet } from "../protocol/result_set.ts";
import type { Flavour } from "../store/identity.ts";
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

/** A logged-in connection: queries and commands one after another, then the raw stream. */
export class SourceConnection {
  readonly info: Readonly<SourceConnectionInfo>;
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
   * Runs one statement. With a time limit the connection is closed when it passes, since nothing
   * else can be asked on it.
   * @throws {ServerError} for an ERR packet.
   */
  async query(sql: string, limitMs?: number): Promise<ResultSet> {
    const { channel, capabilities } = this.info;
    const text = new TextEncoder().encode(sql);
    const payload = new Uint8Array(text.length + 1);
    payload[0] = COMMAND.COM_QUERY;
    payload.set(text, 1);
    let late = false;
    const timer = limitMs === undefined ? undefined : setTimeout(() => {
      late = true;
      this.close();
    }, limitMs);
    try {
      await channel.writeCommand(payload);
      return await readResultSet(channel, capabilities);
    } catch (cause) {
      if (late) throw new ConnectionError(`No answer within ${limitMs} ms to: ${sql}`, { cause });
      throw cause;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The first value of the first row; undefined without a row, null for NULL. */
  async queryValue(sql: string, limitMs?: number): Promise<string | null | undefined> {
    return (await this.query(sql, limitMs)).rows[0]?.[0];
  }

  /** Sends a command that is answered by OK. */
  async command(payload: Uint8Array): Promise<void> {
    const { channel, capabilities } = this.info;
    await channel.writeCommand(payload);
    await readResultSet(channel, capabilities);
  }

  /** Sends a command whose answer somebody else reads. */
  async sendCommand(payload: Uint8Array): Promise<void> {
    await this.info.channel.writeCommand(payload);
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
