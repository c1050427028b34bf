import type { PacketView } from "./packet_view.ts";
import { plainText } from "./plain_text.ts";

const PER_LINE = 16;
/** Bytes of one field, and of a packet, that are shown. */
const FIELD_MAX = 256;
const PACKET_MAX = 4096;
const VALUE_MAX = 200;

function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function asciiText(bytes: Uint8Array): string {
  return Array.from(
    bytes,
    (byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
}

function lines(bytes: Uint8Array, offset: number, size: number, label: string): string[] {
  const shown = bytes.subarray(offset, offset + Math.min(size, FIELD_MAX));
  const result: string[] = [];
  for (let at = 0; at < shown.length || at === 0; at += PER_LINE) {
    const part = shown.subarray(at, at + PER_LINE);
    const where = (offset + at).toString(16).padStart(4, "0");
    const hex = bytesText(part).padEnd(PER_LINE * 3 - 1);
    result.push(
      `${where}  ${hex}  ${asciiText(part).padEnd(PER_LINE)}  ${at === 0 ? label : ""}`.trimEnd(),
    );
  }
  if (size > shown.length) result.push(`      … ${size - shown.length} more bytes of it`);
  return result;
}

/** The payload in hex, a field a line with its name and value; what no field names as it is. */
export function hexLines(view: PacketView): string[] {
  const result: string[] = [];
  let at = 0;
  for (const field of view.fields) {
    if (at < field.offset) {
      result.push(...lines(view.bytes, at, field.offset - at, ""));
    }
    const value = Array.isArray(field.value) ? field.value.join(" ") : field.value;
    const text = typeof value === "string" ? plainText(value, VALUE_MAX) : String(value);
    const label = text === "" ? field.name : `${field.name} = ${text}`;
    result.push(...lines(view.bytes, field.offset, field.size, label));
    at = Math.max(at, field.offset + field.size);
    if (at > PACKET_MAX) break;
  }
  if (at < view.bytes.length && at <= PACKET_MAX) {
    result.push(...lines(view.bytes, at, view.bytes.length - at, ""));
  }
  if (view.length > view.bytes.length) {
    result.push(`      … ${view.length - view.bytes.length} bytes not kept`);
  }
  return result;
}
