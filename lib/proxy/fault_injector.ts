import { type ByteStream, writeAll } from "../protocol/byte_stream.ts";
import { PACKET_HEADER_SIZE } from "../protocol/packet.ts";
import type { Fault } from "./fault_plan.ts";

/** Takes the k-th packet of a stream out of it; packets are counted from 1, by their headers. */
class PacketDropper {
  readonly #numbers: Set<number>;
  #header = new Uint8Array(PACKET_HEADER_SIZE);
  #headerSize = 0;
  #left = 0;
  #count = 0;

  constructor(numbers: number[]) {
    this.#numbers = new Set(numbers);
  }

  /** Returns what is left of `bytes`. A dropped packet's header may come in two reads. */
  filter(bytes: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#left === 0) {
        const part = bytes.subarray(at, at + PACKET_HEADER_SIZE - this.#headerSize);
        this.#header.set(part, this.#headerSize);
        this.#headerSize += part.length;
        at += part.length;
        if (this.#headerSize < PACKET_HEADER_SIZE) break;
        this.#headerSize = 0;
        const [a, b, c] = this.#header as unknown as [number, number, number];
        this.#left = a | (b << 8) | (c << 16);
        this.#count++;
        if (!this.#numbers.has(this.#count)) kept.push(this.#header.slice());
        continue;
      }
      const size = Math.min(this.#left, bytes.length - at);
      if (!this.#numbers.has(this.#count)) kept.push(bytes.subarray(at, at + size));
      this.#left -= size;
      at += size;
    }
    const result = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of kept) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }
}

/** Forwards one direction of one connection with its faults. */
export class FaultInjector {
  readonly #faults: Fault[];
  readonly #random: () => number;
  readonly #signal: AbortSignal;
  readonly #dropper: PacketDropper | undefined;
  #offset = 0;

  /** `random` gives numbers in [0, 1); `signal` ends what waits: the connection is closed. */
  constructor(faults: Fault[], random: () => number, signal: AbortSignal) {
    this.#faults = faults.filter(({ kind }) => kind !== "drop");
    this.#random = random;
    this.#signal = signal;
    const dropped = faults.filter(({ kind }) => kind === "drop").map(({ at }) => at);
    if (dropped.length > 0) this.#dropper = new PacketDropper(dropped);
  }

  /** Forwards a piece, which may be changed; false when the connection is to be cut. */
  async forward(to: ByteStream, input: Uint8Array): Promise<boolean> {
    const bytes = this.#dropper?.filter(input) ?? input;
    const offset = this.#offset;
    this.#offset += bytes.length;
    let end = bytes.length;
    let piece = bytes.length;
    const stalls: Fault[] = [];
    for (const fault of this.#faults) {
      const { kind, at, amount } = fault;
      const inside = at >= offset && at < offset + bytes.length;
      if (kind === "cut" && at < offset + bytes.length) {
        end = Math.min(end, Math.max(0, at - offset));
      } else if (kind === "flip" && inside) bytes[at - offset]! ^= 1 << (at % 8);
      else if (kind === "delay") await this.#wait(amount);
      else if (kind === "split") piece = amount;
      else if (kind === "stall" && inside) stalls.push(fault);
    }
    let done = 0;
    for (const { at, amount } of stalls.sort((a, b) => a.at - b.at)) {
      const pause = at - offset;
      if (pause >= end) break;
      await this.#write(to, bytes.subarray(done, pause), piece);
      done = pause;
      await this.#wait(amount);
    }
    await this.#write(to, bytes.subarray(done, end), piece);
    return end === bytes.length;
  }

  /** So many milliseconds; an error where the connection is closed before. */
  #wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(new Error("closed"));
      };
      const timer = ms === Infinity ? undefined : setTimeout(() => {
        this.#signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      if (this.#signal.aborted) stop();
      else this.#signal.addEventListener("abort", stop, { once: true });
    });
  }

  async #write(to: ByteStream, bytes: Uint8Array, piece: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const size = piece >= bytes.length ? bytes.length : 1 + Math.floor(this.#random() * piece);
      await writeAll(to, bytes.subarray(done, done + size));
      done += size;
    }
  }
}
