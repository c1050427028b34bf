import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import type { Fault } from "./fault_plan.ts";

const BUFFER_SIZE = 256 * 1024;

/** Settings of {@link Relay}. */
export interface RelayOptions {
  target: { port: number; hostname?: string } | { socket: string };
  /** Faults for each new connection. */
  faults?: Fault[];
  /** Seed of the sizes that `split` cuts pieces of. */
  seed?: number;
  /** Sees all bytes, before they are forwarded. */
  onBytes?: (connection: number, direction: "up" | "down", bytes: Uint8Array) => void;
}

function closeQuietly(stream: { close(): void }): void {
  try {
    stream.close();
  } catch {
    // closed by the other direction
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Forwards TCP connections to a server, byte for byte, and disturbs them as told. One reused
 * buffer a direction: read, write, nothing else, unless there are faults.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<[ByteStream, ByteStream]>();
  #count = 0;
  #random: number;
  faults: Fault[];

  private constructor(listener: Deno.TcpListener, options: RelayOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#random = options.seed ?? 1;
    this.faults = options.faults ?? [];
    this.#accept();
  }

  /** Listens on a loopback port of the system's choice, or on the one given. */
  static listen(options: RelayOptions, hostname = "127.0.0.1", port = 0): Relay {
    return new Relay(Deno.listen({ hostname, port }), options);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#count;
  }

  /** Ends all connections that are open now. */
  cutAll(): void {
    for (const pair of this.#pairs) for (const stream of pair) closeQuietly(stream);
    this.#pairs.clear();
  }

  stop(): void {
    closeQuietly(this.#listener);
    this.cutAll();
  }

  async #accept(): Promise<void> {
    for (;;) {
      let client: Deno.TcpConn;
      try {
        client = await this.#listener.accept();
      } catch {
        return;
      }
      this.#serve(client).catch(() => closeQuietly(client));
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const { target } = this.#options;
    const number = ++this.#count;
    const server = "socket" in target
      ? await Deno.connect({ transport: "unix", path: target.socket })
      : await Deno.connect({ hostname: target.hostname ?? "127.0.0.1", port: target.port });
    if ("setNoDelay" in server) server.setNoDelay(true);
    client.setNoDelay(true);
    const pair: [ByteStream, ByteStream] = [client, server];
    this.#pairs.add(pair);
    const faults = [...this.faults];
    await Promise.allSettled([
      this.#forward(client, server, "up", faults, number),
      this.#forward(server, client, "down", faults, number),
    ]);
    this.#pairs.delete(pair);
  }

  async #forward(
    from: ByteStream,
    to: ByteStream,
    direction: "up" | "down",
    all: Fault[],
    number: number,
  ): Promise<void> {
    const buffer = new Uint8Array(BUFFER_SIZE);
    const faults = all.filter((fault) => fault.direction === direction);
    const { onBytes } = this.#options;
    let done = 0;
    try {
      for (;;) {
        const size = await from.read(buffer);
        if (size === null) break;
        const bytes = buffer.subarray(0, size);
        onBytes?.(number, direction, bytes);
        if (faults.length === 0) await writeAll(to, bytes);
        else if (!await this.#disturb(to, bytes, done, faults)) break;
        done += size;
      }
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  /** Forwards a piece with its faults; false when the connection is to be cut. */
  async #disturb(
    to: ByteStream,
    bytes: Uint8Array,
    offset: number,
    faults: Fault[],
  ): Promise<boolean> {
    let end = bytes.length;
    let piece = bytes.length;
    for (const { kind, at, amount } of faults) {
      const inside = at >= offset && at < offset + bytes.length;
      if (kind === "cut" && at < offset + bytes.length) {
        end = Math.min(end, Math.max(0, at - offset));
      } else if (kind === "flip" && inside) bytes[at - offset]! ^= 1 << (at % 8);
      else if (kind === "delay") await delay(amount);
      else if (kind === "stall" && inside) {
        await writeAll(to, bytes.subarray(0, at - offset));
        if (amount === Infinity) await new Promise(() => {});
        await delay(amount);
        await writeAll(to, bytes.subarray(at - offset, end));
        return end === bytes.length;
      } else if (kind === "split") piece = amount;
    }
    for (let done = 0; done < end;) {
      const size = piece >= end ? end : 1 + Math.floor(this.#next() * piece);
      await writeAll(to, bytes.subarray(done, Math.min(end, done + size)));
      done += size;
    }
    return end === bytes.length;
  }

  /** A number in [0, 1) from the seed (linear congruential). */
  #next(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32;
  }
}
