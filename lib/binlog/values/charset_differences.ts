import { C1_CONTROLS } from "./c1_controls.ts";

/** What stands for bytes that are no character. */
const NONE = "\ufffd";

/** Characters of consecutive codes, by the first of these. */
type Runs = readonly (readonly [code: number, characters: string])[];

const BIG5: Runs = [
  [0xa145, "•"],
  [0xa14e, "､"],
  [0xa1c2, "‾"],
  [0xa1e3, "∼"],
  [0xa1f2, "♁☉"],
  [0xa241, "／＼"],
  [0xa244, "¥"],
  [0xa246, "¢£"],
  [
    0xc6a1,
    "ヾゝゞ々ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなに" +
    "ぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんァアィイゥウェ",
  ],
  [
    0xc740,
    "エォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデ" +
    "トドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユ",
  ],
  [
    0xc7a1,
    "ョヨラリルレロヮワヰヱヲンヴヵヶДЕЁЖЗИЙКЛМУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя" +
    "①②③④⑤⑥⑦⑧⑨⑩⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽" + NONE.repeat(2),
  ],
  [0xc840, NONE.repeat(63)],
  [0xc8a1, NONE.repeat(94)],
];

/**
 * The codes that the servers (MySQL 9.7, MariaDB 11.8) read as other characters than the decoder of the
 * runtime whose name is the nearest; U+FFFD where they have none.
 */
const RUNS: Readonly<Record<string, Runs>> = {
  big5: BIG5,
  sjis: [[0x815f, "\\〜‖"], [0x817c, "−"], [0x8191, "¢£"], [0x81ca, "¬"]],
  ujis: [[0xa1c0, "\\〜‖"], [0xa1dd, "−"], [0xa1f1, "¢£"], [0xa2cc, "¬"]],
  gb2312: [[0xa1a4, "・"], [0xa1aa, "―"]],
  latin5: [[0x80, C1_CONTROLS]],
  tis620: [[0x80, C1_CONTROLS]],
  greek: [[0xa1, "ʽʼ"]],
  hebrew: [[0xaf, "‾"]],
  cp866: [[0xfc, "ⁿ²"]],
  koi8u: [[0x95, "•"], [0xae, "╝"], [0xbe, "╬"]],
};

/** Bytes of the character that begins with a byte. */
const WIDTHS: Readonly<Record<string, (lead: number) => number>> = {
  big5: (lead) => lead < 0x80 ? 1 : 2,
  gb2312: (lead) => lead < 0x80 ? 1 : 2,
  sjis: (lead) => lead < 0x81 || (lead > 0x9f && lead < 0xe0) ? 1 : 2,
  ujis: (lead) => lead < 0x80 ? 1 : lead === 0x8f ? 3 : 2,
};

/** Where a character set differs from the runtime's decoder for it. */
export interface CharsetDifferences {
  /** By code: the character's bytes as one number, big-endian. */
  characters: ReadonlyMap<number, string>;
  width(lead: number): number;
}

/** The differences of a character set; undefined for one that the runtime reads as the servers do. */
export function charsetDifferences(charset: string): CharsetDifferences | undefined {
  const runs = RUNS[charset];
  if (!runs) return undefined;
  const characters = new Map<number, string>();
  for (const [code, text] of runs) {
    for (let i = 0; i < text.length; i++) characters.set(code + i, text[i]!);
  }
  return { characters, width: WIDTHS[charset] ?? (() => 1) };
}
