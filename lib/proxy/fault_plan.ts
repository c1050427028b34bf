import { UsageError } from "../errors.ts";
import type { Direction } from "./packet_view.ts";

/** One way to disturb a connection, in one direction. */
export interface Fault {
  kind: "cut" | "stall" | "split" | "delay" | "flip" | "drop";
  /** `down`: server to client; `up`: client to server. */
  direction: Direction;
  /** Byte of the direction at which it happens (cut, stall, flip); number of the packet (drop). */
  at: number;
  /** stall: milliseconds, Infinity for ever; delay: milliseconds a read; split: largest piece. */
  amount: number;
}

/** What each kind is written with: `at` behind =, `amount` behind a colon. */
const KINDS = {
  cut: /^=\d+$/,
  stall: /^=\d+(:\d+)?$/,
  split: /^:0*[1-9]\d*$/,
  delay: /^:\d+$/,
  flip: /^=\d+$/,
  drop: /^=0*[1-9]\d*$/,
} as const;
/** Longest time that a timer takes; beyond it timers run out at once. */
const MS_MAX = 2 ** 31 - 1;

/**
 * Reads a fault: `cut=AT`, `stall=AT[:AMOUNT]`, `split:AMOUNT`, `delay:AMOUNT`, `flip=AT` or
 * `drop=AT`, with `,dir=up` or `,dir=down`. Server to client where no direction is given.
 * @throws {UsageError}
 */
export function parseFault(text: string): Fault {
  const match = /^([a-z]+)([^,]*)(?:,dir=(up|down))?$/.exec(text);
  const [, name = "", numbers = "", direction] = match ?? [];
  const kind = Object.hasOwn(KINDS, name) ? name as Fault["kind"] : undefined;
  const at = Number(/=(\d+)/.exec(numbers)?.[1] ?? 0);
  const amount = Number(/:(\d+)/.exec(numbers)?.[1] ?? Infinity);
  const waits = kind === "delay" || (kind === "stall" && amount !== Infinity);
  const tooMuch = !Number.isSafeInteger(at) || (waits && amount > MS_MAX);
  if (!kind || !KINDS[kind].test(numbers) || tooMuch) {
    throw new UsageError(`Cannot read fault ${text}`, {
      expected: "cut=N, stall=N[:MS], split:MAX, delay:MS, flip=N or drop=K (from 1), " +
        `with ,dir=up or ,dir=down; MS up to ${MS_MAX}`,
    });
  }
  return { kind, direction: direction === "up" ? "up" : "down", at, amount };
}
