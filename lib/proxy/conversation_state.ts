import { CAPABILITY } from "../protocol/capabilities.ts";
import { COMMAND } from "../protocol/commands.ts";
import { describeAnswer } from "./describe_answer.ts";
import { describeDumpUpstream, UNANSWERED } from "./describe_command.ts";
import {
  describeAuthAnswer,
  describeAuthResponse,
  describeGreeting,
  describeLogin,
  describeSslRequest,
  isSslRequest,
} from "./describe_connection.ts";
import { EventDescriber } from "./describe_event.ts";
import { describeErr, describeOk } from "./describe_response.ts";
import { FieldReader } from "./field_reader.ts";
import { type PacketFlow, WINDOW_MAX } from "./packet_flow.ts";
import type { Direction, Meaning, PacketSink } from "./packet_view.ts";
import { newPending, type PendingCommand } from "./pending_command.ts";
import { agreed, newSession, type Session } from "./session.ts";

/** How far a connection has come. `opaque`: its bytes can't be read on. */
export type Phase = "greeting" | "login" | "auth" | "command" | "opaque";

const ROWS_SHOWN = 50;
/** Commands that may wait for their answers; clients send one, seldom a few. */
const PENDING_MAX = 1024;
/** Bytes of an event that are kept where nothing is shown. */
const UNSHOWN_WINDOW = 16;

/**
 * The state machine of a connection: greeting, login, authentication, then commands and their
 * answers in order, among them the binlog stream. Gets whole packets and tells the sink what they
 * mean.
 */
export class ConversationState {
  readonly session: Session = newSession();
  readonly #number: number;
  readonly #sink: PacketSink | undefined;
  readonly #rowsShown: number;
  phase: Phase = "greeting";
  /** Packets come in compressed frames from here on. */
  framed = false;
  #pending: PendingCommand[] = [];
  #events = new EventDescriber();
  /** Sequence id that the next packet should have; undefined where any will do. */
  #expected: number | undefined = 0;
  /** Nothing is known of what the two ends agreed on. */
  #guessing = false;
  #hasLoggedIn = false;
  /** Packets of the server are passed over until the client sends a command. */
  #waitsForCommand = false;

  constructor(
    options: { number: number; sink?: PacketSink; rowsShown?: number; joined?: boolean },
  ) {
    this.#number = options.number;
    this.#sink = options.sink;
    this.#rowsShown = options.rowsShown ?? ROWS_SHOWN;
    if (options.joined) {
      this.phase = "command";
      this.#guessing = this.#waitsForCommand = true;
      this.session.serverCapabilities = CAPABILITY.CLIENT_SECURE_CONNECTION;
      this.session.clientCapabilities = CAPABILITY.CLIENT_SECURE_CONNECTION;
    }
  }

  get opaque(): boolean {
    return this.phase === "opaque";
  }

  /** Both ends agreed on a compressed protocol. */
  get compressed(): boolean {
    return agreed(this.session, "CLIENT_COMPRESS") ||
      agreed(this.session, "CLIENT_ZSTD_COMPRESSION_ALGORITHM");
  }

  /** What frames are compressed by. */
  get algorithm(): "zlib" | "zstd" {
    return agreed(this.session, "CLIENT_COMPRESS") ? "zlib" : "zstd";
  }

  /** The server answers a command whose text held a secret. */
  get answersSecret(): boolean {
    return this.phase === "command" && this.#pending[0]?.secret === true;
  }

  /** The server describes the columns of an answer. */
  get describesColumns(): boolean {
    return this.phase === "command" && this.#pending[0]?.stage === "columns";
  }

  /** The client sends the content of a file, not commands. */
  get sendsFile(): boolean {
    return this.#pending[0]?.stage === "infile";
  }

  /** Bytes of a packet worth keeping. */
  windowLimit(direction: Direction): number {
    const dumping = direction === "down" && this.#pending[0]?.stage === "dump";
    return dumping && this.#sink === undefined ? UNSHOWN_WINDOW : WINDOW_MAX;
  }

  /** Bytes are missing: waits for the next command. */
  lose(): void {
    if (this.phase === "opaque") return;
    this.phase = "command";
    const dumping = this.#pending[0]?.stage === "dump";
    this.#expected = undefined;
    if (dumping) return;
    this.#pending = [];
    this.#waitsForCommand = true;
  }

  /** Where the login was not seen: a query that begins with no attributes, in one set. */
  guessAttributes(head: Uint8Array): void {
    if (!this.#guessing || head[1] !== 0 || head[2] !== 1) return;
    this.session.serverCapabilities |= CAPABILITY.CLIENT_QUERY_ATTRIBUTES;
    this.session.clientCapabilities |= CAPABILITY.CLIENT_QUERY_ATTRIBUTES;
  }

  /** Takes a packet that is complete; its secrets are overwritten. */
  packet(direction: Direction, flow: PacketFlow, timeUs: number, secret: boolean): void {
    const dumping = this.#pending[0]?.stage === "dump";
    const order = this.#checkSequence(direction, flow, dumping);
    if (dumping && direction === "down" && this.#sink === undefined) {
      const head = flow.window[0];
      if (head === 0xff || (head === 0xfe && flow.length < 9)) this.#pending.shift();
      return;
    }
    const reader = new FieldReader(flow.window, flow.length);
    const before = this.phase;
    let meaning: Meaning | undefined;
    try {
      meaning = direction === "up" ? this.#up(reader, secret) : this.#down(reader);
    } catch (error) {
      const cut = flow.length > reader.bytes.length;
      const reason = cut ? "longer than is kept" : (error as Error).message;
      meaning = { kind: cut ? "notice" : "error", text: `unreadable packet: ${reason}` };
      if (direction === "up") this.#queue(reader.bytes[0] ?? 0, secret);
    }
    if (meaning === undefined) return;
    if (this.#sink) {
      const { kind, details } = meaning;
      const text = meaning.text + order + (flow.parts > 1 ? `, in ${flow.parts} parts` : "");
      this.#sink.packet({
        connection: this.#number,
        timeUs,
        direction,
        sequence: flow.sequence,
        length: flow.length,
        fields: reader.fields,
        bytes: reader.bytes,
        kind,
        text,
        ...(details && details.length > 0 ? { details } : {}),
      });
    }
    if (this.phase === "opaque" && before !== "opaque") this.#noticeOpaque(timeUs);
  }

  #noticeOpaque(timeUs: number): void {
    const text = this.session.clientCapabilities & CAPABILITY.CLIENT_SSL
      ? "TLS begins here: the rest can't be read and is passed through (--strip-tls avoids it)"
      : "the rest can't be read and is passed through";
    this.#sink?.notice({ connection: this.#number, timeUs, kind: "notice", text });
  }

  /** What comes can't be read on. */
  giveUp(reason: string, timeUs: number): void {
    this.phase = "opaque";
    const text = `${reason}; the rest is passed through` +
      (this.framed ? ", and what the client says not recorded" : "");
    this.#sink?.notice({ connection: this.#number, timeUs, kind: "notice", text });
  }

  /** Compares the sequence id with the one due; returns what to add to the packet's line. */
  #checkSequence(direction: Direction, flow: PacketFlow, dumping: boolean): string {
    // Compressed frames have a count of their own, which is the one that matters.
    if (this.framed) return "";
    if (direction === "up" && (dumping || this.phase === "command")) {
      if (!dumping) this.#expected = (flow.sequence + flow.parts) & 0xff;
      return "";
    }
    const due = this.#pending.length > 1 ? undefined : this.#expected;
    this.#expected = (flow.sequence + flow.parts) & 0xff;
    if (due === undefined || due === flow.sequence || this.#waitsForCommand) return "";
    return ` (out of order: sequence id ${flow.sequence} where ${due} is due)`;
  }

  #up(reader: FieldReader, secret: boolean): Meaning | undefined {
    switch (this.phase) {
      case "greeting":
      case "login":
        if (isSslRequest(reader.bytes, reader.total)) {
          this.phase = "opaque";
          return describeSslRequest(reader, this.session);
        }
        this.phase = "auth";
        return describeLogin(reader, this.session);
      case "auth":
        return describeAuthResponse(reader, this.session);
    }
    if (this.sendsFile) {
      if (reader.total === 0) this.#pending[0]!.stage = "first";
      return { kind: "command", text: `file content, ${reader.total} bytes` };
    }
    this.#waitsForCommand = false;
    const code = reader.bytes[0] ?? 0;
    const meaning = describeDumpUpstream(reader, this.session);
    if (meaning.kind === "ack") return meaning;
    this.#queue(code, secret);
    return meaning;
  }

  #queue(code: number, secret: boolean): void {
    if (this.phase !== "command" || UNANSWERED.has(code)) return;
    if (code === COMMAND.COM_CHANGE_USER) {
      this.phase = "auth";
      return;
    }
    const pending = newPending(code, secret, this.#rowsShown);
    if (code === COMMAND.COM_BINLOG_DUMP || code === COMMAND.COM_BINLOG_DUMP_GTID) {
      pending.stage = "dump";
      this.#events = new EventDescriber();
    }
    if (this.#pending.length < PENDING_MAX) this.#pending.push(pending);
  }

  #down(reader: FieldReader): Meaning | undefined {
    switch (this.phase) {
      case "greeting": {
        this.phase = "login";
        return describeGreeting(reader, this.session);
      }
      case "login":
        return describeErr(reader);
      case "auth": {
        const done = reader.peek() === 0;
        const meaning = describeAuthAnswer(reader, this.session);
        if (done) this.#loggedIn();
        // MariaDB goes on after a COM_CHANGE_USER that it refused.
        else if (this.#hasLoggedIn && meaning.kind === "error") this.phase = "command";
        return meaning;
      }
    }
    if (this.#waitsForCommand) return undefined;
    const pending = this.#pending[0];
    if (pending === undefined) return this.#unasked(reader);
    if (pending.stage === "dump") {
      const { meaning, done } = this.#events.describe(reader, this.session);
      if (this.#events.ackRequested) this.#expected = 1;
      if (done) this.#pending.shift();
      return meaning;
    }
    if (this.#guessing) this.#guessEnds(pending, reader);
    const { meaning, done } = describeAnswer(pending, reader, this.session);
    if (done) this.#pending.shift();
    return meaning;
  }

  /** Without the login: no EOF packet after the columns means that both ends do without. */
  #guessEnds(pending: PendingCommand, reader: FieldReader): void {
    if (pending.stage !== "columns-end") return;
    if (reader.peek() === 0xfe && reader.total < 7) return;
    this.session.serverCapabilities |= CAPABILITY.CLIENT_DEPRECATE_EOF;
    this.session.clientCapabilities |= CAPABILITY.CLIENT_DEPRECATE_EOF;
    pending.stage = "rows";
  }

  #loggedIn(): void {
    this.#hasLoggedIn = true;
    this.phase = "command";
    this.framed = this.compressed;
  }

  #unasked(reader: FieldReader): Meaning {
    const head = reader.peek();
    if (head === 0xff) return describeErr(reader);
    if (head === 0 && reader.total >= 7) return describeOk(reader, this.session);
    return { kind: "response", text: "packet that nothing asked for" };
  }
}
