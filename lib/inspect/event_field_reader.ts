import { ByteReader } from "../bytes/byte_reader.ts";

/** A field that was read, and where it lies. */
export interface FieldMark {
  name: string;
  offset: number;
  size: number;
  /** As text; empty where the bytes say it all. */
  value: string;
}

/** Longest value beside the bytes. */
const VALUE_MAX = 40;
/** Fields of one event beyond this are not marked. */
const MARKS_MAX = 10_000;

/** A value for a mark: one line, cut where it is long. */
export function markValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string") return "";
  const text = JSON.stringify(value.slice(0, VALUE_MAX + 1));
  return value.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…"` : text;
}

/**
 * A ByteReader that remembers the name, place and value of each field, so that what decodes an event
 * also marks its bytes. A field that is read in several steps is one mark.
 */
export class FieldMarkReader extends ByteReader {
  readonly marks: FieldMark[] = [];
  #depth = 0;

  #mark<T>(name: string, read: () => T): T {
    if (this.#depth > 0) return read();
    const offset = this.offset;
    this.#depth++;
    try {
      const value = read();
      this.#add(name, offset, this.offset - offset, markValue(value));
      return value;
    } finally {
      this.#depth--;
    }
  }

  #add(name: string, offset: number, size: number, value: string): void {
    if (size === 0) return;
    const last = this.marks[this.marks.length - 1];
    if (last && last.name === name && last.offset + last.size === offset) {
      last.size += size;
      last.value = "";
    } else if (this.marks.length < MARKS_MAX) this.marks.push({ name, offset, size, value });
  }

  override u8(field: string): number {
    return this.#mark(field, () => super.u8(field));
  }

  override u16(field: string): number {
    return this.#mark(field, () => super.u16(field));
  }

  override u24(field: string): number {
    return this.#mark(field, () => super.u24(field));
  }

  override u32(field: string): number {
    return this.#mark(field, () => super.u32(field));
  }

  override i32(field: string): number {
    return this.#mark(field, () => super.i32(field));
  }

  override u48(field: string): number {
    return this.#mark(field, () => super.u48(field));
  }

  override u56(field: string): bigint {
    return this.#mark(field, () => super.u56(field));
  }

  override u64(field: string): bigint {
    return this.#mark(field, () => super.u64(field));
  }

  override i64(field: string): bigint {
    return this.#mark(field, () => super.i64(field));
  }

  override u64Number(field: string): number {
    return this.#mark(field, () => super.u64Number(field));
  }

  override lenenc(field: string): bigint {
    return this.#mark(field, () => super.lenenc(field));
  }

  override lenencNumber(field: string): number {
    return this.#mark(field, () => super.lenencNumber(field));
  }

  override take(size: number, field: string): Uint8Array {
    return this.#mark(field, () => super.take(size, field));
  }

  override skip(size: number, field: string): void {
    this.#mark(field, () => super.skip(size, field));
  }

  override text(size: number, field: string): string {
    return this.#mark(field, () => super.text(size, field));
  }

  override textNul(field: string): string {
    return this.#mark(field, () => super.textNul(field));
  }

  override textLenenc(field: string): string {
    return this.#mark(field, () => super.textLenenc(field));
  }
}
