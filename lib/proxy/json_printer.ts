import { jsonText } from "../binlog/values/json_text.ts";
import { hexText } from "./field_reader.ts";
import type { Field, FieldValue, Notice, PacketSink, PacketView } from "./packet_view.ts";

/** Settings of {@link JsonPrinter}. */
export interface JsonPrinterOptions {
  write: (text: string) => void;
  /** Add the payload's first bytes in hex, and where each field lies. */
  hex?: boolean;
}

function timeText(timeUs: number): string {
  const micros = String(Math.floor(timeUs % 1000)).padStart(3, "0");
  return new Date(Math.floor(timeUs / 1000)).toISOString().replace("Z", `${micros}Z`);
}

/** Integers beyond 2^53 become text, so that no reader rounds them. */
function plainValue(value: FieldValue): unknown {
  if (typeof value !== "bigint") return value;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

/** Fields by name; a name that comes again becomes a list. */
function fieldObject(fields: readonly Field[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const seen = new Map<string, unknown[]>();
  for (const { name, value } of fields) {
    const values = seen.get(name);
    if (values === undefined) {
      seen.set(name, [plainValue(value)]);
      object[name] = plainValue(value);
    } else {
      values.push(plainValue(value));
      object[name] = values;
    }
  }
  return object;
}

/** Prints packets for programs: one JSON object a line. Lines are collected until {@link flush}. */
export class JsonPrinter implements PacketSink {
  readonly #options: JsonPrinterOptions;
  #lines: string[] = [];

  constructor(options: JsonPrinterOptions) {
    this.#options = options;
  }

  packet(view: PacketView): void {
    const { connection, timeUs, direction, sequence, length, kind, text, details, fields } = view;
    this.#lines.push(jsonText({
      time: timeText(timeUs),
      connection,
      direction: direction === "up" ? "client-to-server" : "server-to-client",
      sequence,
      length,
      kind,
      meaning: text,
      ...(details ? { details } : {}),
      fields: fieldObject(fields),
      ...(this.#options.hex
        ? {
          hex: hexText(view.bytes, view.bytes.length),
          layout: fields.map(({ name, offset, size }) => ({ name, offset, size })),
        }
        : {}),
    }));
  }

  notice({ connection, timeUs, kind, text }: Notice): void {
    this.#lines.push(
      jsonText({ time: timeText(timeUs), connection, kind, meaning: text }),
    );
  }

  /** Writes what has been collected. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join("\n") + "\n";
    this.#lines = [];
    this.#options.write(text);
  }
}
