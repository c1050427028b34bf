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

const KINDS = ["cut", "stall", "split", "delay", "flip", "drop"] as const;

/**
 * Reads a fault: `KIND[=AT][:AMOUNT][,dir=up|down]`, as in `cut=1048576`, `stall=4096:2000`,
 * `split:1`, `delay:5`, `flip=700,dir=up`, `drop=12`. Server to client where no direction is given.
 * @throws {UsageError}
 */
export function parseFault(text: string): Fault {
  const match = /^([a-z]+)(?:=(\d+))?(?::(\d+))?(?:,dir=(up|down))?$/.exec(text);
  const kind = KINDS.find((name) => name === match?.[1]);
  if (!match || !kind || (kind === "drop" && !(Number(match[2]) > 0))) {
    throw new UsageError(`Cannot read fault ${text}`, {
      expected: "cut=N, stall=N[:MS], split:MAX, delay:MS, flip=N or drop=K (from 1), " +
        "with ,dir=up or ,dir=down",
    });
  }
  const standard = kind === "stall" ? Infinity : 1;
  return {
    kind,
    direction: match[4] === "up" ? "up" : "down",
    at: Number(match[2] ?? 0),
    amount: match[3] === undefined ? standard : Number(match[3]),
  };
}
