import { USER_VAR_TYPE, type UserVarEvent } from "../binlog/user_var_event.ts";
import { DECIMAL_PRECISION_MAX, decimalSize, writeDecimal } from "../binlog/values/decimal.ts";
import { charsetOfCollation } from "../binlog/values/charset.ts";
import { realText } from "../binlog/values/real_text.ts";
import { TextOutput } from "../binlog/values/text_output.ts";

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text.toUpperCase();
}

const UTF8 = new TextDecoder();

/** The value of a user variable as SQL; NULL, a number, or bytes with their character set. */
export function userVariableValue(event: UserVarEvent, flavour: "mysql" | "mariadb"): string {
  const { value } = event;
  if (!value) return "NULL";
  const { type, bytes } = value;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (type === USER_VAR_TYPE.REAL && bytes.length === 8) return realText(view.getFloat64(0, true));
  if (type === USER_VAR_TYPE.INT && bytes.length === 8) {
    return String(value.unsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true));
  }
  if (type === USER_VAR_TYPE.DECIMAL && bytes.length > 2) {
    const [precision, scale] = [bytes[0]!, bytes[1]!];
    const fits = precision <= DECIMAL_PRECISION_MAX && scale <= precision &&
      decimalSize(precision, scale) <= bytes.length - 2;
    if (fits) {
      const out = new TextOutput(undefined, 128);
      writeDecimal(out, bytes, 2, precision, scale);
      return UTF8.decode(out.written);
    }
  }
  const charset = charsetOfCollation(value.collation) ?? `collation_${value.collation}`;
  const literal = flavour === "mysql" ? `0x${hex(bytes)}` : `X'${hex(bytes)}'`;
  return `_${charset} ${literal} COLLATE ${collationName(value.collation, charset)}`;
}

/** Names of the collations that sessions use by default; of others only the number is told. */
const COLLATIONS: Readonly<Record<number, string>> = {
  8: "latin1_swedish_ci",
  33: "utf8mb3_general_ci",
  45: "utf8mb4_general_ci",
  46: "utf8mb4_bin",
  63: "binary",
  224: "utf8mb4_unicode_ci",
  255: "utf8mb4_0900_ai_ci",
  2304: "utf8mb4_uca1400_ai_ci",
};

function collationName(id: number, charset: string): string {
  return COLLATIONS[id] ?? `${charset}_${id}`;
}

/** A user variable as SHOW BINLOG EVENTS prints it: @`v`=…. */
export function userVariableText(event: UserVarEvent, flavour: "mysql" | "mariadb"): string {
  return `@\`${event.name.replaceAll("`", "``")}\`=${userVariableValue(event, flavour)}`;
}
