import { printable } from "../binlog/values/printable.ts";
import type { TextOutput } from "../binlog/values/text_output.ts";
import type { FieldMark } from "./event_field_reader.ts";

const PER_ROW = 16;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const BAR = 0x7c;
const DOT = 0x2e;
const DELETE = 0x7f;
const INDENT = 4;
const OFFSET_DIGITS = 8;
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const LINE_SIZE = INDENT + OFFSET_DIGITS + 1 + 3 * PER_ROW + 2 + PER_ROW + 1;
/** Two short copies are quicker than a long one. */
const SHORT_PIECE = 40;

/** Prints bytes that come in pieces, 16 to a row, with the fields that begin in a row beside it. */
export class HexRows {
  readonly #out: TextOutput;
  readonly #row = new Uint8Array(PER_ROW);
  readonly #line = new Uint8Array(LINE_SIZE).fill(SPACE, 0, LINE_SIZE - 1).fill(
    NEWLINE,
    LINE_SIZE - 1,
  );
  #have = 0;
  /** Where the row begins: in the file, and in what is printed. */
  #address = 0;
  #offset = 0;
  #marks: FieldMark[] = [];
  #next = 0;

  constructor(out: TextOutput) {
    this.#out = out;
  }

  /** Begins with bytes that lie at `address`; marks count from there. */
  begin(address: number, marks: FieldMark[]): void {
    this.#address = address;
    this.#offset = this.#have = this.#next = 0;
    this.#marks = marks.toSorted((a, b) => a.offset - b.offset);
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      this.#row[this.#have++] = bytes[at]!;
      if (this.#have === PER_ROW) this.#print();
    }
  }

  /** Prints what is left. */
  end(): void {
    if (this.#have > 0) this.#print();
  }

  #print(): void {
    const next = this.#marks[this.#next];
    if (this.#have === PER_ROW && (!next || next.offset >= this.#offset + PER_ROW)) this.#plain();
    else this.#marked();
    this.#offset += this.#have;
    this.#have = 0;
  }

  /** A full row in which no field begins: most of a large event. */
  #plain(): void {
    const line = this.#line;
    let address = this.#address + this.#offset;
    for (let at = INDENT + OFFSET_DIGITS - 1; at >= INDENT; at--) {
      line[at] = DIGITS[address % 16]!;
      address = Math.floor(address / 16);
    }
    let at = INDENT + OFFSET_DIGITS + 1;
    const text = at + 3 * PER_ROW + 2;
    for (let i = 0; i < PER_ROW; i++) {
      const byte = this.#row[i]!;
      line[at + 1] = DIGITS[byte >> 4]!;
      line[at + 2] = DIGITS[byte & 15]!;
      at += 3;
      line[text + i] = byte >= SPACE && byte < DELETE ? byte : DOT;
    }
    this.#out.bytes(line, 0, SHORT_PIECE).bytes(line, SHORT_PIECE);
  }

  #marked(): void {
    const out = this.#out;
    const row = this.#row;
    const have = this.#have;
    const begins: FieldMark[] = [];
    while (
      this.#next < this.#marks.length &&
      this.#marks[this.#next]!.offset < this.#offset + have
    ) begins.push(this.#marks[this.#next++]!);
    const address = this.#address + this.#offset;
    out.ascii("    ").ascii(address.toString(16).padStart(OFFSET_DIGITS, "0")).byte(SPACE);
    let mark = 0;
    for (let i = 0; i < PER_ROW; i++) {
      if (i >= have) {
        out.ascii("   ");
        continue;
      }
      while (mark < begins.length && begins[mark]!.offset < this.#offset + i) mark++;
      const field = begins[mark]?.offset === this.#offset + i;
      out.byte(field ? BAR : SPACE).hex(row, i, i + 1);
    }
    out.ascii("  ");
    for (let i = 0; i < have; i++) {
      const byte = row[i]!;
      out.byte(byte >= SPACE && byte < DELETE ? byte : DOT);
    }
    if (begins.length > 0) {
      out.fill(PER_ROW - have).ascii(" ");
      for (const { name, value } of begins) {
        out.byte(SPACE).text(printable(name));
        if (value !== "") out.byte(0x3d).text(printable(value));
      }
    }
    out.byte(NEWLINE);
  }
}
