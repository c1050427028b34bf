import { hexLines } from "./hex_lines.ts";
import type { Notice, PacketSink, PacketView } from "./packet_view.ts";
import { plainText } from "./plain_text.ts";

/** Settings of {@link TextPrinter}. */
export interface TextPrinterOptions {
  write: (text: string) => void;
  /** Show the bytes below each packet, field by field. */
  hex?: boolean;
}

/** Time of day, UTC, with microseconds: `13:05:12.123456`. */
function timeText(timeUs: number): string {
  const micros = String(Math.floor(timeUs % 1e6)).padStart(6, "0");
  return `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(11, 19)}.${micros}`;
}

/**
 * Prints packets for people, one line each:
 *
 *     13:05:12.123456 #1 ->   0     32  COM_QUERY SELECT UNIX_TIMESTAMP()
 *
 * time (UTC), connection, direction (-> from the client, <- from the server), sequence id, size of
 * the payload, meaning; then lines that belong to it, indented. Lines are collected until
 * {@link flush}.
 */
export class TextPrinter implements PacketSink {
  readonly #options: TextPrinterOptions;
  #lines: string[] = [];

  constructor(options: TextPrinterOptions) {
    this.#options = options;
  }

  packet(view: PacketView): void {
    const { connection, timeUs, direction, sequence, length, details } = view;
    const arrow = direction === "up" ? "->" : "<-";
    const numbers = `${String(sequence).padStart(3)} ${String(length).padStart(6)}`;
    const head = `${timeText(timeUs)} #${connection} ${arrow} ${numbers}  `;
    this.#lines.push(head + plainText(view.text));
    for (const line of details ?? []) this.#lines.push(`    ${plainText(line, 4000)}`);
    if (this.#options.hex) {
      for (const line of hexLines(view)) this.#lines.push(`    ${line}`);
    }
  }

  notice(notice: Notice): void {
    const { connection, timeUs, text, kind } = notice;
    const sign = kind === "error" ? "!!" : "--";
    this.#lines.push(`${timeText(timeUs)} #${connection} ${sign} ${plainText(text)}`);
  }

  /** Writes what has been collected. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join("\n") + "\n";
    this.#lines = [];
    this.#options.write(text);
  }
}
