import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { capabilityNames } from "../protocol/capabilities.ts";
import { COMMAND } from "../protocol/commands.ts";
import { encodePacket } from "../protocol/packet.ts";
import { encodeErr } from "../protocol/response.ts";
import { clearCapabilities } from "./clear_capabilities.ts";
import { nowUs } from "./clock.ts";
import { Conversation } from "./conversation.ts";
import { hexText } from "./field_reader.ts";
import type { PacketSink, PacketView } from "./packet_view.ts";
import { plainText } from "./plain_text.ts";
import { type ScriptEntry, type ScriptStep, SHAPE_CAPABILITIES } from "./replay_script.ts";

const BUFFER_SIZE = 64 * 1024;
const TEXT_MAX = 400;
/** ER_UNKNOWN_ERROR. */
const ERROR_CODE = 1105;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Commands told apart by their text; the others by their bytes too. */
const TEXT_COMMANDS: ReadonlySet<number> = new Set([
  COMMAND.COM_QUERY,
  COMMAND.COM_REGISTER_SLAVE,
  COMMAND.COM_BINLOG_DUMP,
  COMMAND.COM_BINLOG_DUMP_GTID,
]);

/** A packet of a client, as far as it is compared. */
interface ClientPacket {
  kind: PacketView["kind"];
  text: string;
  key: string;
  sequence: number;
}

/** The end of a replay that left the script. */
class LeftScript extends Error {}

/**
 * What makes two packets of clients the same: who it is does not count (UUID, server_id, what a
 * replica reports of itself), what it asks for does.
 */
function packetKey(view: PacketView): string {
  let key = view.text.replace(/server_id \d+/g, "server_id");
  const command = view.bytes[0] ?? 0;
  if (command === COMMAND.COM_REGISTER_SLAVE) return "COM_REGISTER_SLAVE";
  if (command === COMMAND.COM_CHANGE_USER) return key.replace(/ of \d+ bytes \(hidden\)$/, "");
  if (command === COMMAND.COM_QUERY && /_uuid\b/i.test(key)) key = key.replace(UUID, "UUID");
  if (TEXT_COMMANDS.has(command) && view.length === view.bytes.length) return key;
  return `${key} ${view.length} ${hexText(view.bytes, view.bytes.length)}`;
}

/** Collects the client's packets of a conversation; those of the server go by. */
class ClientPackets implements PacketSink {
  readonly queue: ClientPacket[] = [];
  readonly #next: PacketSink | undefined;

  constructor(next?: PacketSink) {
    this.#next = next;
  }

  packet(view: PacketView): void {
    this.#next?.packet(view);
    // ACKs come when they come: nothing waits for them.
    if (view.direction === "down" || view.kind === "ack") return;
    const { kind, text, sequence } = view;
    this.queue.push({ kind, text, sequence, key: packetKey(view) });
  }

  notice(notice: Parameters<PacketSink["notice"]>[0]): void {
    this.#next?.notice(notice);
  }
}

/** Settings of {@link ReplaySession}. */
export interface ReplaySessionOptions {
  /** Number of the client's connection. */
  number: number;
  client: ByteStream;
  entry: ScriptEntry;
  steps: Iterable<ScriptStep>;
  /** Is shown the replayed conversation. */
  sink?: PacketSink & { flush?(): void };
}

/** Answers one client from one recorded conversation. */
export class ReplaySession {
  readonly #options: ReplaySessionOptions;
  readonly #recorded: Conversation;
  readonly #recordedPackets = new ClientPackets();
  readonly #live: Conversation;
  readonly #livePackets: ClientPackets;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #greeting: Uint8Array | undefined = new Uint8Array(0);
  #count = 0;

  constructor(options: ReplaySessionOptions) {
    this.#options = options;
    const { number, sink } = options;
    this.#livePackets = new ClientPackets(sink);
    this.#recorded = new Conversation({
      number: options.entry.number,
      sink: this.#recordedPackets,
    });
    this.#live = new Conversation({ number, sink: this.#livePackets });
  }

  /**
   * Plays the conversation to its end. Returns undefined, or where the client left the script,
   * which it has been told in an ERR packet.
   */
  async run(): Promise<string | undefined> {
    try {
      for (const step of this.#options.steps) {
        if (step.kind === "close") {
          if (step.by === "down") return undefined;
          break;
        }
        this.#recorded.feed(step.direction, step.bytes, step.timeUs);
        if (step.direction === "down") await this.#send(step.bytes);
        else for (let due = this.#due(); due; due = this.#due()) await this.#expect(due);
      }
      await this.#atEnd();
      return undefined;
    } catch (error) {
      if (error instanceof LeftScript) return error.message;
      throw error;
    }
  }

  #due(): ClientPacket | undefined {
    return this.#recordedPackets.queue.shift();
  }

  /** Sends recorded bytes; the greeting without what the recorded client did not have. */
  async #send(bytes: Uint8Array): Promise<void> {
    let ready = bytes;
    if (this.#greeting) {
      const joined = new Uint8Array(this.#greeting.length + bytes.length);
      joined.set(this.#greeting);
      joined.set(bytes, this.#greeting.length);
      this.#greeting = joined;
      const size = joined.length < 4
        ? Infinity
        : 4 + (joined[0]! | (joined[1]! << 8) | (joined[2]! << 16));
      if (joined.length < size) return;
      const { agreed, agreedExtended } = this.#options.entry;
      clearCapabilities(joined.subarray(0, size), SHAPE_CAPABILITIES & ~agreed, ~agreedExtended);
      this.#greeting = undefined;
      ready = joined;
    }
    this.#live.feed("down", ready, nowUs());
    this.#options.sink?.flush?.();
    await writeAll(this.#options.client, ready);
  }

  /** Waits for the client's next packet and compares it. */
  async #expect(due: ClientPacket): Promise<void> {
    const found = await this.#nextPacket();
    this.#count++;
    if (found === undefined) {
      throw new LeftScript(`the client closed where ${plainText(due.text, TEXT_MAX)} was recorded`);
    }
    if (due.kind === "connect" && found.kind === "connect") return await this.#checkShape(found);
    if (due.key === found.key) return;
    const expected = plainText(due.text, TEXT_MAX);
    await this.#leave(found, `the script has ${expected}, not ${plainText(found.text, TEXT_MAX)}`);
  }

  async #checkShape(found: ClientPacket): Promise<void> {
    if (this.#live.opaque || this.#live.compressed) {
      return await this.#leave(found, "the client wants TLS or compression");
    }
    const { session } = this.#live;
    const has = session.serverCapabilities & session.clientCapabilities;
    const lacks = this.#options.entry.agreed & SHAPE_CAPABILITIES & ~has;
    if (lacks === 0) return;
    const names = capabilityNames(lacks).join(", ");
    await this.#leave(found, `the recorded client had ${names}, this one has not`);
  }

  /** After the last step: a client may close, and ask for nothing more. */
  async #atEnd(): Promise<void> {
    for (;;) {
      const found = await this.#nextPacket();
      if (found === undefined || /^COM_QUIT/.test(found.text)) return;
      await this.#leave(
        found,
        `nothing follows, but the client sends ${plainText(found.text, TEXT_MAX)}`,
      );
    }
  }

  async #nextPacket(): Promise<ClientPacket | undefined> {
    for (;;) {
      const ready = this.#livePackets.queue.shift();
      if (ready) return ready;
      const size = await this.#options.client.read(this.#buffer).catch(() => null);
      if (size === null) return undefined;
      this.#live.feed("up", this.#buffer.subarray(0, size), nowUs());
      this.#options.sink?.flush?.();
    }
  }

  /** Tells the client, with an ERR packet, where it left the script. */
  async #leave(found: ClientPacket, what: string): Promise<never> {
    const { number } = this.#options.entry;
    const message = `left the script of connection ${number} at packet ${this.#count} of the ` +
      `client: ${what}`;
    const packet = encodePacket(
      encodeErr({ code: ERROR_CODE, sqlState: "HY000", message: `binlogd replay: ${message}` }),
      found.sequence + 1,
    );
    this.#live.feed("down", packet, nowUs());
    this.#options.sink?.flush?.();
    await writeAll(this.#options.client, packet).catch(() => {});
    throw new LeftScript(message);
  }
}
