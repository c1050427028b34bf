import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { acceptClients } from "../protocol/accept_clients.ts";
import { connectPatiently } from "../protocol/connect_patiently.ts";
import type { Endpoint } from "./endpoint.ts";
import { listenOn } from "./listen.ts";
import { FaultInjector } from "./fault_injector.ts";
import type { Fault } from "./fault_plan.ts";
import type { Direction } from "./packet_view.ts";

/** Two buffers a direction, of this size at first; they grow while reads fill them. */
const BUFFER_MIN = 16 * 1024;
const BUFFER_MAX = 256 * 1024;
/** Largest greeting that is waited for as a whole, to be rewritten. */
const GREETING_MAX = 4096;

/** Settings of {@link Relay}. */
export interface RelayOptions {
  target: { port: number; hostname?: string } | { socket: string };
  /** Faults for each new connection. */
  faults?: Fault[];
  /** Seed of the sizes that `split` cuts pieces of. */
  seed?: number;
  /** A client has come, and the server took the connection. */
  onOpen?: (connection: number, client: Deno.Addr, server: Deno.Addr) => void;
  /** Sees all bytes, before they are forwarded and disturbed. */
  onBytes?: (connection: number, direction: Direction, bytes: Uint8Array) => void;
  /** A connection is over; `by` names the end that closed first. */
  onClose?: (connection: number, by: Direction, reason: string | undefined) => void;
  /** The server can't be reached; the client's connection is closed. */
  onRefused?: (connection: number, client: Deno.Addr, reason: string) => void;
  /** Clients can't be accepted for a while; told once, until one can. */
  onAcceptFailed?: (reason: string) => void;
  /** Changes the server's first packet in place. */
  rewriteGreeting?: (packet: Uint8Array) => void;
}

/** A connection that can be closed from either direction. */
interface Pair {
  streams: [Deno.Conn, Deno.Conn];
  closed: AbortController;
}

function closeQuietly(stream: { close(): void }): void {
  try {
    stream.close();
  } catch {
    // closed by the other direction
  }
}

/** Tells the other end that nothing more comes; false where it is gone. */
async function endWriting(stream: Deno.Conn): Promise<boolean> {
  try {
    await stream.closeWrite();
    return true;
  } catch {
    return false;
  }
}

function connect(target: RelayOptions["target"]): Promise<Deno.TcpConn | Deno.UnixConn> {
  if ("socket" in target) return Deno.connect({ transport: "unix", path: target.socket });
  return Deno.connect({ hostname: target.hostname ?? "127.0.0.1", port: target.port });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Two buffers in turn: one is read into while the other is written. */
class BufferPair {
  #size = BUFFER_MIN;
  #buffers = [new Uint8Array(BUFFER_MIN), new Uint8Array(BUFFER_MIN)];
  #turn = 0;

  /** The other buffer; larger than before where the last read filled it. */
  next(lastRead: number): Uint8Array<ArrayBuffer> {
    if (lastRead >= this.#size && this.#size < BUFFER_MAX) this.#size *= 2;
    this.#turn ^= 1;
    const buffer = this.#buffers[this.#turn]!;
    if (buffer.length === this.#size) return buffer;
    return this.#buffers[this.#turn] = new Uint8Array(this.#size);
  }
}

/**
 * Forwards connections to a server, byte for byte, and disturbs them as told. Reads into one buffer
 * while the other is written, and nothing else, unless there are faults or someone watches.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #listener: Deno.Listener;
  readonly #pairs = new Set<Pair>();
  /** Ends the connections that are being made. */
  #cut = new AbortController();
  #count = 0;
  #random: number;
  faults: Fault[];

  private constructor(listener: Deno.Listener, options: RelayOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#random = options.seed ?? 1;
    this.faults = options.faults ?? [];
    acceptClients(
      listener,
      (client) => this.#serve(client).catch(() => closeQuietly(client)),
      options.onAcceptFailed,
    );
  }

  /** Listens on a loopback port of the system's choice, or where told. */
  static listen(
    options: RelayOptions,
    at: Endpoint = { hostname: "127.0.0.1", port: 0 },
  ): Relay {
    return new Relay(listenOn(at), options);
  }

  /** Port that it listens on; 0 on a Unix socket. */
  get port(): number {
    const { addr } = this.#listener;
    return "port" in addr ? addr.port : 0;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#count;
  }

  /** Ends all connections that are open now, or being made. */
  cutAll(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
    for (const pair of this.#pairs) this.#close(pair);
    this.#pairs.clear();
  }

  stop(): void {
    closeQuietly(this.#listener);
    this.cutAll();
  }

  #close(pair: Pair): void {
    for (const stream of pair.streams) closeQuietly(stream);
    pair.closed.abort();
  }

  async #serve(client: Deno.Conn): Promise<void> {
    const number = ++this.#count;
    const { onOpen, onClose, onRefused } = this.#options;
    const { signal } = this.#cut;
    let server: Deno.TcpConn | Deno.UnixConn;
    try {
      server = await connectPatiently(() => connect(this.#options.target), signal);
    } catch (error) {
      closeQuietly(client);
      if (!signal.aborted) onRefused?.(number, client.remoteAddr, reasonOf(error));
      return;
    }
    for (const stream of [client, server]) {
      if ("setNoDelay" in stream) (stream as Deno.TcpConn).setNoDelay(true);
    }
    const pair: Pair = { streams: [client, server], closed: new AbortController() };
    this.#pairs.add(pair);
    onOpen?.(number, client.remoteAddr, server.remoteAddr);
    const faults = [...this.faults];
    let ended: { by: Direction; reason: string | undefined } | undefined;
    const run = async (direction: Direction): Promise<void> => {
      let reason: string | undefined;
      let half = false;
      try {
        half = await this.#forward(pair, direction, faults, number);
      } catch (error) {
        reason = reasonOf(error);
      }
      ended ??= { by: direction, reason };
      // Who says no more may still listen; behind a stall nobody would be heard.
      if (half && faults.length === 0) {
        half = await endWriting(direction === "up" ? server : client);
      } else half = false;
      if (!half) this.#close(pair);
    };
    await Promise.all([run("up"), run("down")]);
    this.#close(pair);
    this.#pairs.delete(pair);
    onClose?.(number, ended!.by, ended!.reason);
  }

  /** Forwards a direction to its end; false where a fault cuts the connection before. */
  async #forward(
    pair: Pair,
    direction: Direction,
    all: Fault[],
    number: number,
  ): Promise<boolean> {
    const [client, server] = pair.streams;
    const [from, to] = direction === "up" ? [client, server] : [server, client];
    const faults = all.filter((fault) => fault.direction === direction);
    const injector = faults.length > 0
      ? new FaultInjector(faults, () => this.#next(), pair.closed.signal)
      : undefined;
    const { onBytes, rewriteGreeting } = this.#options;
    const buffers = new BufferPair();
    let writing: Promise<unknown> | undefined;
    let size: number | null = 0;
    for (let first = true;; first = false) {
      const buffer = buffers.next(size);
      const rewrite = first && direction === "down" ? rewriteGreeting : undefined;
      size = rewrite ? await readPacket(from, buffer) : await from.read(buffer);
      await writing;
      if (size === null) return true;
      const bytes = buffer.subarray(0, size);
      rewrite?.(bytes);
      onBytes?.(number, direction, bytes);
      if (injector !== undefined) {
        if (!await injector.forward(to, bytes)) return false;
        continue;
      }
      writing = writeAll(to, bytes);
      // Where it fails, that is thrown when it is waited for, or the connection is over anyhow.
      writing.catch(() => {});
    }
  }

  /** A number in [0, 1) from the seed (linear congruential). */
  #next(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

/** Reads until the first packet is whole, and whatever came with it; returns the bytes read. */
async function readPacket(from: ByteStream, buffer: Uint8Array): Promise<number | null> {
  let size = 0;
  while (size < GREETING_MAX) {
    const read = await from.read(buffer.subarray(size));
    if (read === null) return size === 0 ? null : size;
    size += read;
    if (size >= 4 && size >= 4 + (buffer[0]! | (buffer[1]! << 8) | (buffer[2]! << 16))) break;
  }
  return size;
}
