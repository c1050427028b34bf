import { charsetOfCollation } from "./charset.ts";

/** The collations of the Unicode character sets after UCA 4.0.0 and 5.2.0, in the order of their ids. */
const UNICODE =
  "unicode_ci icelandic_ci latvian_ci romanian_ci slovenian_ci polish_ci estonian_ci " +
  "spanish_ci swedish_ci turkish_ci czech_ci danish_ci lithuanian_ci slovak_ci spanish2_ci " +
  "roman_ci persian_ci esperanto_ci hungarian_ci sinhala_ci german2_ci - unicode_520_ci " +
  "vietnamese_ci";

/**
 * What follows the character set in the names of collations with consecutive ids, as the servers list
 * them (MySQL 9.7, MariaDB 11.8); "-" for an id that none has, or that they name differently.
 */
const RUNS: readonly (readonly [id: number, names: string])[] = [
  [
    1,
    "chinese_ci czech_cs swedish_ci general_ci german1_ci english_ci general_ci swedish_ci " +
    "general_ci swedish_ci general_ci japanese_ci japanese_ci bulgarian_ci danish_ci " +
    "general_ci - thai_ci korean_ci estonian_cs hungarian_ci general_ci ukrainian_ci " +
    "chinese_ci general_ci general_ci croatian_ci chinese_ci lithuanian_ci turkish_ci " +
    "german2_ci general_ci general_ci czech_cs general_ci general_ci general_ci general_ci " +
    "general_ci general_ci general_ci general_cs bin croatian_ci general_ci bin bin " +
    "general_ci general_cs bin general_ci general_cs bin general_ci bin general_ci general_ci " +
    "bin general_ci general_ci bin bin binary bin bin bin bin bin bin bin bin bin bin bin bin " +
    "tolower_ci bin bin bin bin bin bin bin bin bin bin bin bin bin bin bin general_ci bin " +
    "spanish_ci japanese_ci bin japanese_ci bin polish_ci",
  ],
  [101, UNICODE],
  [128, UNICODE],
  [160, UNICODE],
  [192, UNICODE],
  [223, "general_mysql500_ci"],
  [224, UNICODE],
  [248, "chinese_ci bin unicode_520_ci"],
  [
    255,
    "0900_ai_ci de_pb_0900_ai_ci is_0900_ai_ci lv_0900_ai_ci ro_0900_ai_ci sl_0900_ai_ci " +
    "pl_0900_ai_ci et_0900_ai_ci es_0900_ai_ci sv_0900_ai_ci tr_0900_ai_ci cs_0900_ai_ci " +
    "da_0900_ai_ci lt_0900_ai_ci sk_0900_ai_ci es_trad_0900_ai_ci la_0900_ai_ci - " +
    "eo_0900_ai_ci hu_0900_ai_ci hr_0900_ai_ci - vi_0900_ai_ci 0900_as_cs de_pb_0900_as_cs " +
    "is_0900_as_cs lv_0900_as_cs ro_0900_as_cs sl_0900_as_cs pl_0900_as_cs et_0900_as_cs " +
    "es_0900_as_cs sv_0900_as_cs tr_0900_as_cs cs_0900_as_cs da_0900_as_cs lt_0900_as_cs " +
    "sk_0900_as_cs es_trad_0900_as_cs la_0900_as_cs - eo_0900_as_cs hu_0900_as_cs " +
    "hr_0900_as_cs - vi_0900_as_cs - - ja_0900_as_cs ja_0900_as_cs_ks 0900_as_ci " +
    "ru_0900_ai_ci ru_0900_as_cs zh_0900_as_cs 0900_bin nb_0900_ai_ci nb_0900_as_cs " +
    "nn_0900_ai_ci nn_0900_as_cs sr_latn_0900_ai_ci sr_latn_0900_as_cs bs_0900_ai_ci " +
    "bs_0900_as_cs bg_0900_ai_ci bg_0900_as_cs gl_0900_ai_ci gl_0900_as_cs mn_cyrl_0900_ai_ci " +
    "mn_cyrl_0900_as_cs",
  ],
  [2048, "uca1400_ai_ci"],
  [2304, "uca1400_ai_ci"],
  [2560, "uca1400_ai_ci"],
  [2816, "uca1400_ai_ci"],
  [3072, "uca1400_ai_ci"],
];
const BINARY = "binary";

const names = new Map<number, string>();
for (const [first, list] of RUNS) {
  for (const [i, name] of list.split(" ").entries()) {
    if (name === "-") continue;
    const id = first + i;
    names.set(id, name === BINARY ? name : `${charsetOfCollation(id)}_${name}`);
  }
}

/** Name of a collation; undefined where it is not known for sure, as that of most of MariaDB's own. */
export function collationName(id: number): string | undefined {
  return names.get(id);
}
