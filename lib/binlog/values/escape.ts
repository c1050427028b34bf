import type { TextOutput } from "./text_output.ts";

const BACKSLASH = 0x5c;
const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const DELETE = 0x7f;
const HEX = "0123456789abcdef";

/** 1 for bytes that stand for themselves between any quotes. */
export const PLAIN: Uint8Array = new Uint8Array(256);
for (let byte = 0x20; byte < DELETE; byte++) PLAIN[byte] = 1;
PLAIN[BACKSLASH] = PLAIN[QUOTE] = PLAIN[DOUBLE_QUOTE] = 0;

/** How SQL and JSON write what does not stand for itself. */
export type Quoting = "sql" | "json";

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  [BACKSLASH]: "\\\\",
};

/** Offset of the first byte that does not stand for itself; `end` where there is none. */
export function plainEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && PLAIN[bytes[at]!] === 1) at++;
  return at;
}

/** Size of the UTF-8 character at `at`; 0 where there is none. */
export function utf8Size(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const second = at + 1 < end ? bytes[at + 1]! : 0;
  if ((second & 0xc0) !== 0x80 || first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (at + 2 >= end || (bytes[at + 2]! & 0xc0) !== 0x80) return 0;
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return 0;
    return first === 0xed && second > 0x9f ? 0 : 3;
  }
  if (first > 0xf4 || at + 3 >= end || (bytes[at + 3]! & 0xc0) !== 0x80) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : 4;
}

/** Whether bytes are valid UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const size = bytes[at]! < 0x80 ? 1 : utf8Size(bytes, at, end);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

/** Whether bytes are text: valid UTF-8 without control characters but tab, newline and return. */
export function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : byte === DELETE) return false;
      at++;
      continue;
    }
    const size = utf8Size(bytes, at, end);
    if (size === 0) return false;
    at += size;
  }
  return true;
}

function escapeByte(out: TextOutput, byte: number, quoting: Quoting): void {
  const short = SHORT_ESCAPES[byte];
  if (short !== undefined) {
    out.ascii(short);
    return;
  }
  const json = quoting === "json";
  if (byte === (json ? DOUBLE_QUOTE : QUOTE)) out.byte(BACKSLASH).byte(byte);
  else if (byte >= 0x20 && byte < DELETE) out.byte(byte);
  else out.ascii(json ? "\\u00" : "\\x").ascii(HEX[byte >> 4]! + HEX[byte & 15]!);
}

/** Whether the character at `at` is a control character, ends a line, or turns the direction of text. */
function isHidden(bytes: Uint8Array, at: number): boolean {
  const second = bytes[at + 1]!;
  if (bytes[at] === 0xc2) return second < 0xa0;
  if (bytes[at] !== 0xe2) return false;
  const third = bytes[at + 2]!;
  if (second === 0x80) return third >= 0xa8 && third <= 0xae;
  return second === 0x81 && third >= 0xa6 && third <= 0xa9;
}

/** In SQL the bytes, which mean the same there; in JSON the character. */
function escapeHidden(
  out: TextOutput,
  bytes: Uint8Array,
  at: number,
  size: number,
  quoting: Quoting,
): void {
  if (quoting === "sql") {
    for (let i = at; i < at + size; i++) escapeByte(out, bytes[i]!, quoting);
    return;
  }
  const code = size === 2
    ? bytes[at + 1]!
    : 0x2000 | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f);
  out.ascii(`\\u${code.toString(16).padStart(4, "0")}`);
}

/**
 * Writes UTF-8 text without the quotes around it, escaped for what is between them, and so that no
 * terminal takes any of it for a command. A byte that is no
 * UTF-8 becomes \xNN in SQL, and the replacement character in JSON.
 */
export function writeEscaped(
  out: TextOutput,
  bytes: Uint8Array,
  start: number,
  end: number,
  quoting: Quoting,
): void {
  let at = start;
  while (at < end) {
    const plain = plainEnd(bytes, at, end);
    if (plain > at) {
      out.bytes(bytes, at, plain);
      at = plain;
      continue;
    }
    const size = utf8Size(bytes, at, end);
    if (size > 1 && isHidden(bytes, at)) escapeHidden(out, bytes, at, size, quoting);
    else if (size > 1) out.bytes(bytes, at, at + size);
    else if (size === 0 && quoting === "json") out.text("\ufffd");
    else escapeByte(out, bytes[at]!, quoting);
    at += size || 1;
  }
}

const UTF8 = new TextEncoder();

/** Writes a string between quotes. */
export function writeQuoted(out: TextOutput, text: string, quoting: Quoting): void {
  const bytes = UTF8.encode(text);
  const quote = quoting === "json" ? DOUBLE_QUOTE : QUOTE;
  out.byte(quote);
  writeEscaped(out, bytes, 0, bytes.length, quoting);
  out.byte(quote);
}
