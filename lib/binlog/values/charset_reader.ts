import { type CharsetDifferences, charsetDifferences } from "./charset_differences.ts";
import { SINGLE_BYTE_CHARSETS } from "./single_byte_charsets.ts";

/** What the runtime's decoder calls a character set. */
const LABELS: Readonly<Record<string, string>> = {
  big5: "big5",
  latin2: "iso-8859-2",
  latin1: "windows-1252",
  koi8r: "koi8-r",
  ujis: "euc-jp",
  sjis: "shift_jis",
  cp1251: "windows-1251",
  hebrew: "iso-8859-8",
  tis620: "windows-874",
  euckr: "euc-kr",
  latin7: "iso-8859-13",
  koi8u: "koi8-u",
  gb2312: "gbk",
  greek: "iso-8859-7",
  cp1250: "windows-1250",
  gbk: "gbk",
  cp1257: "windows-1257",
  latin5: "windows-1254",
  ucs2: "utf-16be",
  cp866: "ibm866",
  macroman: "macintosh",
  utf16: "utf-16be",
  utf16le: "utf-16le",
  cp1256: "windows-1256",
  cp932: "shift_jis",
  eucjpms: "euc-jp",
  gb18030: "gb18030",
};
/** What stands for bytes that are no character. */
const REPLACEMENT = "\ufffd";
/** Characters of swe7 that differ from ASCII's. */
const SWE7 = new Map([..."@[\\]^`{|}~"].map((ascii, i) => [ascii.charCodeAt(0), "ÉÄÖÅÜéäöåü"[i]!]));

/** Stands in for a character that bytes don't make. Throws TypeError, as the runtime's decoder, if fatal. */
function replacement(fatal: boolean): string {
  if (fatal) throw new TypeError("not of the character set");
  return REPLACEMENT;
}

function utf32Text(bytes: Uint8Array, fatal: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - bytes.length % 4;
  let text = "";
  for (let at = 0; at < whole; at += 4) {
    const code = view.getUint32(at);
    text += code > 0x10_ffff ? replacement(fatal) : String.fromCodePoint(code);
  }
  return whole === bytes.length ? text : text + replacement(fatal);
}

function swe7Text(bytes: Uint8Array, fatal: boolean): string {
  let text = "";
  for (const byte of bytes) {
    text += byte > 0x7e ? replacement(fatal) : SWE7.get(byte) ?? String.fromCharCode(byte);
  }
  return text;
}

/** `upper`: the characters of 0x80 to 0xff. */
function singleByteText(bytes: Uint8Array, upper: string, fatal: boolean): string {
  let text = "";
  for (const byte of bytes) {
    const character = byte < 0x80 ? String.fromCharCode(byte) : upper[byte - 0x80]!;
    text += character === REPLACEMENT ? replacement(fatal) : character;
  }
  return text;
}

/** Reads with the runtime's decoder, but for the characters in which the servers differ from it. */
function differingText(
  bytes: Uint8Array,
  native: TextDecoder,
  { characters, width }: CharsetDifferences,
): string {
  let text = "";
  let done = 0;
  for (let at = 0; at < bytes.length;) {
    const begin = at;
    let code = 0;
    for (let left = width(bytes[at]!); left > 0; left--) code = code << 8 | (bytes[at++] ?? 0);
    const character = characters.get(code);
    if (character === undefined) continue;
    if (done < begin) text += native.decode(bytes.subarray(done, begin));
    text += character === REPLACEMENT ? replacement(native.fatal) : character;
    done = at;
  }
  return done === 0 ? native.decode(bytes) : text + native.decode(bytes.subarray(done));
}

/**
 * Reads text of a character set other than UTF-8. `fatal`: throws TypeError at bytes that are not of it,
 * instead of U+FFFD for each. Undefined for one that no server has.
 */
export function charsetReader(
  charset: string,
  fatal: boolean,
): ((bytes: Uint8Array) => string) | undefined {
  if (charset === "utf32") return (bytes) => utf32Text(bytes, fatal);
  if (charset === "swe7") return (bytes) => swe7Text(bytes, fatal);
  const upper = SINGLE_BYTE_CHARSETS[charset];
  if (upper !== undefined) return (bytes) => singleByteText(bytes, upper, fatal);
  const label = LABELS[charset];
  if (label === undefined) return undefined;
  const native = new TextDecoder(label, { fatal, ignoreBOM: true });
  const differences = charsetDifferences(charset);
  if (differences) return (bytes) => differingText(bytes, native, differences);
  return (bytes) => native.decode(bytes);
}
