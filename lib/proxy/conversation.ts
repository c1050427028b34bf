import { ByteWriter } from "../bytes/byte_writer.ts";
import { COMMAND } from "../protocol/commands.ts";
import { ConversationState } from "./conversation_state.ts";
import { FrameFlow } from "./frame_flow.ts";
import { PacketFlow, WINDOW_MAX } from "./packet_flow.ts";
import {
  redactChangeUser,
  redactColumn,
  redactErrorText,
  redactLogin,
  redactLoginOk,
  redactQuery,
  redactRegister,
} from "./packet_redactor.ts";
import type { Direction, PacketSink } from "./packet_view.ts";
import { agreed, type Session, STATUS_NO_BACKSLASH_ESCAPES } from "./session.ts";
import { FILLER, SqlRedactor } from "./sql_redactor.ts";

/** Settings of {@link Conversation}. */
export interface ConversationOptions {
  /** Number of the connection. */
  number: number;
  /** Is shown each packet; absent where nothing is shown. */
  sink?: PacketSink;
  /** Gets all bytes with the secrets overwritten; the view is valid during the call. */
  record?: (direction: Direction, bytes: Uint8Array) => void;
  /** Rows of a result set that are shown. */
  rowsShown?: number;
  /** The beginning was not seen: neither greeting nor login. */
  joined?: boolean;
}

/** Payload bytes that tell how a packet is treated. */
const HEAD_SIZE = 3;
const SCRATCH_SIZE = 64 * 1024;
/** Packets of one frame, whose few bytes may unpack to very many, for which all others wait. */
const PACKETS_MAX = 128 * 1024;
/** Bytes that come at once, unpacked. */
const UNPACKED_MAX = 64 * 1024 * 1024;

/**
 * Follows one connection from both of its streams of bytes: cuts packets, overwrites secrets, and
 * hands each packet with its meaning to the sink. Keeps the first 64 KiB of a packet a direction
 * and a few rows of a result set, whatever the packets' sizes.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #state: ConversationState;
  readonly #flows = { up: new PacketFlow(), down: new PacketFlow() };
  readonly #sql = new SqlRedactor();
  readonly #scratch = new Uint8Array(SCRATCH_SIZE);
  #sqlOffset = 1;
  /** Frames of the compressed protocol, once it has begun. */
  #frames: { up: FrameFlow; down: FrameFlow } | undefined;
  /** What the packets of the frame at hand give to be recorded. */
  #unpacked: ByteWriter | undefined;
  /** Packets of the frame at hand, and the size of all that came at once, unpacked. */
  #packetCount = 0;
  #unpackedSize = 0;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#state = new ConversationState(options);
  }

  /** What both ends have told each other. */
  get session(): Session {
    return this.#state.session;
  }

  /** Whether the bytes are TLS, or can't be followed any more. */
  get opaque(): boolean {
    return this.#state.opaque;
  }

  /** Both ends pack their packets into compressed frames from here on. */
  get compressed(): boolean {
    return this.#frames !== undefined;
  }

  /** Takes the next bytes of a direction. */
  feed(direction: Direction, bytes: Uint8Array, timeUs: number): void {
    this.#unpackedSize = 0;
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at);
      if (this.#state.opaque) return this.#recordOpaque(direction, rest);
      at += this.#frames
        ? this.#frame(this.#frames[direction], direction, rest, timeUs)
        : this.#packets(direction, rest, timeUs);
      if (!this.#frames && this.#state.framed) {
        const { algorithm } = this.#state;
        this.#frames = { up: new FrameFlow(algorithm), down: new FrameFlow(algorithm) };
      }
    }
  }

  /** Takes bytes up to the end of a compressed frame; records its packets unpacked. */
  #frame(flow: FrameFlow, direction: Direction, bytes: Uint8Array, timeUs: number): number {
    let frame: ReturnType<FrameFlow["take"]>;
    try {
      frame = flow.take(bytes);
    } catch (error) {
      this.#state.giveUp((error as Error).message, timeUs);
      return 0;
    }
    const { taken, content } = frame;
    if (!content) return taken;
    this.#packetCount = 0;
    this.#unpackedSize += content.length;
    if (this.#unpackedSize > UNPACKED_MAX) {
      this.#state.giveUp(`compressed packets hold more than ${UNPACKED_MAX} bytes at once`, timeUs);
    }
    for (let at = 0; at < content.length && !this.#state.opaque;) {
      at += this.#packets(direction, content.subarray(at), timeUs);
    }
    if (this.#unpacked) this.#options.record?.(direction, flow.store([this.#unpacked.done()]));
    this.#unpacked = undefined;
    return taken;
  }

  /** Takes bytes up to the end of a packet, or to what can't be read on. */
  #packets(direction: Direction, bytes: Uint8Array, timeUs: number): number {
    const flow = this.#flows[direction];
    const framed = this.#state.framed;
    let at = 0;
    while (at < bytes.length && !this.#state.opaque && this.#state.framed === framed) {
      if (flow.left === 0) {
        const { taken, complete } = flow.takeHeader(bytes.subarray(at));
        at += taken;
        if (!complete) break;
        this.#beginPart(direction, flow);
      } else {
        const size = Math.min(flow.left, bytes.length - at);
        this.#payload(direction, flow, bytes.subarray(at, at + size));
        at += size;
        flow.left -= size;
      }
      if (flow.left > 0 || flow.headerSize > 0) continue;
      this.#endPart(direction, flow, timeUs);
      if (framed && ++this.#packetCount > PACKETS_MAX) {
        this.#state.giveUp(
          `a compressed packet holds more than ${PACKETS_MAX} others`,
          timeUs,
        );
      }
    }
    return at;
  }

  /** Keeps the bytes for the capture, those of a compressed frame until its end. */
  #record(direction: Direction, bytes: Uint8Array): void {
    if (!this.#options.record) return;
    if (this.#frames) (this.#unpacked ??= new ByteWriter()).bytes(bytes);
    else this.#options.record(direction, bytes);
  }

  /** What can't be read: TLS as it is, but filler for compressed commands: they may hold secrets. */
  #recordOpaque(direction: Direction, bytes: Uint8Array): void {
    const { record } = this.#options;
    if (!record) return;
    const secret = direction === "up" && this.#state.compressed;
    record(direction, secret ? new Uint8Array(bytes.length).fill(FILLER) : bytes);
  }

  /** Bytes are missing here: what follows in this direction begins with a packet. */
  lose(direction: Direction, timeUs: number): void {
    if (this.#frames) return this.#state.giveUp("bytes of a compressed packet are missing", timeUs);
    const flow = this.#flows[direction];
    flow.headerSize = flow.left = 0;
    flow.inside = false;
    this.#state.lose();
  }

  #beginPart(direction: Direction, flow: PacketFlow): void {
    const first = flow.beginPart();
    flow.headerSize = 0;
    if (first && flow.left > 0) return;
    if (first) this.#decide(direction, flow, new Uint8Array(0));
    else this.#record(direction, flow.header);
  }

  #payload(direction: Direction, flow: PacketFlow, bytes: Uint8Array): void {
    let rest = bytes;
    if (flow.mode === "undecided") {
      const head = Math.min(HEAD_SIZE, flow.length) - flow.received;
      const part = bytes.subarray(0, head);
      flow.keep(part);
      flow.received += part.length;
      if (part.length < head) return;
      rest = bytes.subarray(head);
      this.#decide(direction, flow, flow.window);
    }
    const start = flow.received;
    flow.received += rest.length;
    if (flow.mode === "plain") {
      flow.keep(rest, this.#state.windowLimit(direction));
      this.#record(direction, rest);
    } else if (flow.mode === "hold") flow.keep(rest);
    else if (flow.mode === "attributes") this.#attributes(direction, flow, rest, start);
    else this.#rewrite(direction, flow, rest, start);
  }

  /** Bytes of a query that is larger than the window, in which its attributes end. */
  #attributes(direction: Direction, flow: PacketFlow, bytes: Uint8Array, start: number): void {
    const size = Math.min(bytes.length, WINDOW_MAX - start);
    flow.keep(bytes.subarray(0, size));
    if (start + size < WINDOW_MAX) return;
    flow.mode = redactQuery(flow.window, this.#sql) ? "sql" : "fill";
    this.#record(direction, flow.header);
    this.#record(direction, flow.window);
    this.#rewrite(direction, flow, bytes.subarray(size), WINDOW_MAX);
  }

  /** Overwrites the secrets of a piece in a copy. */
  #rewrite(direction: Direction, flow: PacketFlow, bytes: Uint8Array, start: number): void {
    for (let at = 0; at < bytes.length; at += SCRATCH_SIZE) {
      const copy = this.#scratch.subarray(0, Math.min(SCRATCH_SIZE, bytes.length - at));
      copy.set(bytes.subarray(at, at + copy.length));
      if (flow.mode === "fill") copy.fill(FILLER);
      else this.#sql.redact(copy.subarray(Math.max(0, this.#sqlOffset - start - at)));
      flow.keep(copy);
      this.#record(direction, copy);
    }
  }

  /** Chooses how a packet is treated by its first bytes, which are in the window. */
  #decide(direction: Direction, flow: PacketFlow, head: Uint8Array): void {
    flow.mode = direction === "up" ? this.#upMode(flow, head) : this.#downMode(flow);
    if (flow.mode === "hold" || flow.mode === "attributes") return;
    this.#record(direction, flow.header);
    const window = flow.window;
    if (flow.mode === "fill") window.fill(FILLER);
    if (flow.mode === "sql") this.#sql.redact(window.subarray(this.#sqlOffset));
    this.#record(direction, window);
  }

  #downMode(flow: PacketFlow): PacketFlow["mode"] {
    const secret = this.#state.answersSecret || this.#state.phase === "auth";
    return secret && flow.length <= WINDOW_MAX ? "hold" : "plain";
  }

  get #backslashEscapes(): boolean {
    return (this.#state.session.status & STATUS_NO_BACKSLASH_ESCAPES) === 0;
  }

  #upMode(flow: PacketFlow, head: Uint8Array): PacketFlow["mode"] {
    const holdOrFill = flow.length <= WINDOW_MAX ? "hold" : "fill";
    const { phase, session } = this.#state;
    if (phase === "greeting" || phase === "login") return holdOrFill;
    if (phase === "auth") {
      const request = flow.length === 1 && (head[0] === 1 || head[0] === 2);
      return request ? "plain" : "fill";
    }
    if (this.#state.sendsFile) return "plain";
    // Commands begin with sequence id 0: this is of a login whose beginning was not seen.
    if (flow.sequence !== 0) return "fill";
    this.#sql.reset(this.#backslashEscapes);
    switch (head[0]) {
      case COMMAND.COM_CHANGE_USER:
      case COMMAND.COM_REGISTER_SLAVE:
        return holdOrFill;
      case COMMAND.COM_STMT_PREPARE:
        this.#sqlOffset = 1;
        return "sql";
      case COMMAND.COM_QUERY:
        this.#state.guessAttributes(head);
        this.#sqlOffset = 1;
        if (!agreed(session, "CLIENT_QUERY_ATTRIBUTES")) return "sql";
        if (head[1] === 0) this.#sqlOffset = HEAD_SIZE;
        else return flow.length <= WINDOW_MAX ? "hold" : "attributes";
        return "sql";
    }
    return "plain";
  }

  #endPart(direction: Direction, flow: PacketFlow, timeUs: number): void {
    if (flow.continues) return;
    flow.inside = false;
    if (flow.mode === "hold") {
      this.#redactHeld(direction, flow.window);
      this.#record(direction, flow.header);
      this.#record(direction, flow.window);
    }
    this.#state.packet(direction, flow, timeUs, this.#sql.changed);
  }

  #redactHeld(direction: Direction, bytes: Uint8Array): void {
    const { phase, session } = this.#state;
    if (direction === "down") {
      if (phase === "auth") return redactLoginOk(bytes);
      if (this.#state.describesColumns) redactColumn(bytes, this.#backslashEscapes);
      return redactErrorText(bytes);
    }
    if (phase === "greeting" || phase === "login") redactLogin(bytes);
    else if (bytes[0] === COMMAND.COM_CHANGE_USER) {
      redactChangeUser(bytes, session.clientCapabilities);
    } else if (bytes[0] === COMMAND.COM_REGISTER_SLAVE) redactRegister(bytes);
    else redactQuery(bytes, this.#sql);
  }
}
