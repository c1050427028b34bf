import { charsetReader } from "./charset_reader.ts";

/**
 * Collation ids of the character sets: inclusive ranges, as the servers list them in
 * information_schema (MySQL 9.7, MariaDB 11.8).
 */
const RANGES: readonly [charset: string, ids: readonly (number | readonly [number, number])[]][] = [
  ["big5", [1, 84]],
  ["latin2", [2, 9, 21, 27, 77]],
  ["dec8", [3, 69]],
  ["cp850", [4, 80]],
  ["latin1", [5, 8, 15, 31, [47, 49], 94]],
  ["hp8", [6, 72]],
  ["koi8r", [7, 74]],
  ["swe7", [10, 82]],
  ["ascii", [11, 65]],
  ["ujis", [12, 91]],
  ["sjis", [13, 88]],
  ["cp1251", [14, 23, [50, 52]]],
  ["hebrew", [16, 71]],
  ["tis620", [18, 89]],
  ["euckr", [19, 85]],
  ["latin7", [20, [41, 42], 79]],
  ["koi8u", [22, 75]],
  ["gb2312", [24, 86]],
  ["greek", [25, 70]],
  ["cp1250", [26, 34, 44, 66, 99]],
  ["gbk", [28, 87]],
  ["cp1257", [29, [58, 59]]],
  ["latin5", [30, 78]],
  ["armscii8", [32, 64]],
  ["utf8mb3", [33, 76, 83, [192, 223], [576, 607], [2048, 2303]]],
  ["ucs2", [35, 90, [128, 159], [640, 671], [2560, 2815]]],
  ["cp866", [36, 68]],
  ["keybcs2", [37, 73]],
  ["macce", [38, 43]],
  ["macroman", [39, 53]],
  ["cp852", [40, 81]],
  ["utf8mb4", [[45, 46], [224, 247], [255, 323], [608, 639], [2304, 2559]]],
  ["utf16", [[54, 55], [101, 124], [672, 703], [2816, 3071]]],
  ["utf16le", [56, 62]],
  ["cp1256", [57, 67]],
  ["utf32", [[60, 61], [160, 183], [736, 767], [3072, 3327]]],
  ["binary", [63]],
  ["geostd8", [[92, 93]]],
  ["cp932", [[95, 96]]],
  ["eucjpms", [[97, 98]]],
  ["gb18030", [[248, 250]]],
];

const CHARSETS = new Map<number, string>();
for (const [charset, ids] of RANGES) {
  for (const id of ids) {
    const [first, last] = typeof id === "number" ? [id, id] : id;
    for (let i = first; i <= last; i++) CHARSETS.set(i, charset);
  }
}

/** MariaDB's collations without padding: the id of the padded one, and this bit. */
const NO_PAD = 1024;

/** Name of the character set of a collation; undefined for one that no server has. */
export function charsetOfCollation(id: number): string | undefined {
  return CHARSETS.get(id) ??
    (id > NO_PAD && id < 2 * NO_PAD ? CHARSETS.get(id - NO_PAD) : undefined);
}

/** Reads bytes of one character set; undefined where they are not of it. */
export type CharsetDecoder = (bytes: Uint8Array) => string | undefined;

const decoders = new Map<string, CharsetDecoder | undefined>();

/** Character sets whose text is UTF-8 as it is. */
const UTF8_CHARSETS = ["utf8mb4", "utf8mb3", "ascii"];
/** Character sets in which some byte below 0x80 does not stand for ASCII. */
const NO_ASCII_CHARSETS = ["ucs2", "utf16", "utf16le", "utf32", "swe7"];

/** Whether bytes of this character set are UTF-8 already. */
export function isUtf8Charset(charset: string): boolean {
  return UTF8_CHARSETS.includes(charset);
}

/** Whether ASCII text looks the same in this character set. */
export function keepsAscii(charset: string): boolean {
  return !NO_ASCII_CHARSETS.includes(charset);
}

/**
 * The decoder of a character set; undefined for those that {@link charsetReader} does not know, whose
 * bytes beyond ASCII are shown as such.
 */
export function charsetDecoder(charset: string): CharsetDecoder | undefined {
  if (decoders.has(charset)) return decoders.get(charset);
  const read = charsetReader(charset, true);
  const decoder: CharsetDecoder | undefined = read && ((bytes) => {
    try {
      return read(bytes);
    } catch {
      return undefined;
    }
  });
  decoders.set(charset, decoder);
  return decoder;
}
