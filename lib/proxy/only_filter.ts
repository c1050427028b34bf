import { UsageError } from "../errors.ts";
import type { Notice, PacketKind, PacketSink, PacketView } from "./packet_view.ts";

const CHOICES: Record<string, readonly PacketKind[]> = {
  commands: ["command"],
  events: ["event", "ack"],
  errors: ["error"],
};

/** Reads `commands`, `events`, `errors`, or several with commas between. Throws UsageError. */
export function parseOnly(text: string): ReadonlySet<PacketKind> {
  const kinds = text.split(",").flatMap((word) => {
    const name = word.trim();
    if (Object.hasOwn(CHOICES, name)) return CHOICES[name]!;
    throw new UsageError(`Cannot read --only=${text}`, { expected: "commands, events, errors" });
  });
  return new Set(kinds);
}

/** Passes on the packets and notices of some kinds. */
export class OnlyFilter implements PacketSink {
  readonly #sink: PacketSink;
  readonly #kinds: ReadonlySet<PacketKind>;

  constructor(sink: PacketSink, kinds: ReadonlySet<PacketKind>) {
    this.#sink = sink;
    this.#kinds = kinds;
  }

  packet(view: PacketView): void {
    if (this.#kinds.has(view.kind)) this.#sink.packet(view);
  }

  notice(notice: Notice): void {
    if (this.#kinds.has(notice.kind)) this.#sink.notice(notice);
  }
}
