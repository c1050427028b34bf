import { Conversation } from "./conversation.ts";
import type { Direction, PacketSink } from "./packet_view.ts";

/** Where the bytes of a capture go, secrets overwritten. */
export interface WatchRecorder {
  open(connection: number, client: string, server: string, timeUs: number): void;
  bytes(connection: number, direction: Direction, bytes: Uint8Array, timeUs: number): void;
  /** Ends the pieces that came together. */
  flush(timeUs: number): void;
  close(connection: number, by: Direction | undefined, timeUs: number): void;
}

/** Packets that are shown before what they print is written: few bytes may hold very many. */
const FLUSH_EVERY = 1024;

/** Settings of {@link Watch}. */
export interface WatchOptions {
  sink?: PacketSink & { flush?(): void };
  recorder?: WatchRecorder;
  rowsShown?: number | undefined;
}

/** Follows all connections of a proxy or of a capture: shows them, and records them. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #conversations = new Map<number, Conversation>();
  #timeUs = 0;
  #unflushed = 0;
  readonly #sink: PacketSink | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { sink } = options;
    this.#sink = sink && {
      packet: (view) => {
        sink.packet(view);
        if (++this.#unflushed === FLUSH_EVERY) this.#flush();
      },
      notice: (notice) => sink.notice(notice),
    };
  }

  /** Writes what the sink has collected. */
  #flush(): void {
    this.#unflushed = 0;
    this.#options.sink?.flush?.();
  }

  /** A connection begins; `joined`: it was seen from the middle on. */
  open(
    connection: number,
    client: string,
    server: string,
    timeUs: number,
    joined = false,
  ): void {
    const { recorder, rowsShown } = this.#options;
    this.#conversations.set(
      connection,
      new Conversation({
        number: connection,
        joined,
        ...(this.#sink ? { sink: this.#sink } : {}),
        ...(recorder
          ? {
            record: (direction, bytes) =>
              recorder.bytes(connection, direction, bytes, this.#timeUs),
          }
          : {}),
        ...(rowsShown === undefined ? {} : { rowsShown }),
      }),
    );
    recorder?.open(connection, client, server, timeUs);
    const date = new Date(timeUs / 1000).toISOString().slice(0, 10);
    const late = joined ? ", joined in the middle" : "";
    this.notice(connection, timeUs, `connection from ${client} to ${server}, ${date}${late}`);
  }

  /** Bytes of a connection. */
  bytes(connection: number, direction: Direction, bytes: Uint8Array, timeUs: number): void {
    this.#timeUs = timeUs;
    this.#conversations.get(connection)?.feed(direction, bytes, timeUs);
    this.#options.recorder?.flush(timeUs);
    this.#flush();
  }

  /** Bytes of a connection are missing. */
  lost(connection: number, direction: Direction, size: number, timeUs: number): void {
    this.#conversations.get(connection)?.lose(direction, timeUs);
    const from = direction === "up" ? "client" : "server";
    this.notice(connection, timeUs, `${size} bytes of the ${from} are missing here`, "error");
  }

  /** A connection is over; `by` is the end that closed it. */
  close(
    connection: number,
    by: Direction | undefined,
    timeUs: number,
    reason?: string,
  ): void {
    if (!this.#conversations.delete(connection)) return;
    this.#options.recorder?.close(connection, by, timeUs);
    const who = by === undefined ? "" : by === "up" ? " by the client" : " by the server";
    const why = reason === undefined ? "" : `: ${reason}`;
    this.notice(connection, timeUs, `closed${who}${why}`, reason ? "error" : "notice");
  }

  /** Shows a line that is no packet. */
  notice(
    connection: number,
    timeUs: number,
    text: string,
    kind: "notice" | "error" = "notice",
  ): void {
    this.#options.sink?.notice({ connection, timeUs, kind, text });
    this.#flush();
  }
}
