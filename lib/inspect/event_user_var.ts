import { USER_VAR_TYPE, type UserVarEvent } from "../binlog/user_var_event.ts";
import { DECIMAL_PRECISION_MAX, decimalSize, writeDecimal } from "../binlog/values/decimal.ts";
import { charsetOfCollation } from "../binlog/values/charset.ts";
import { collationName } from "../binlog/values/collation_name.ts";
import { realText } from "../binlog/values/real_text.ts";
import { TextOutput } from "../binlog/values/text_output.ts";

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text.toUpperCase();
}

const UTF8 = new TextDecoder();

/**
 * The value of a user variable as SQL: NULL, a number, or bytes with their character set and, where the
 * name is known, collation.
 */
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
  const literal = flavour === "mysql" ? `0x${hex(bytes)}` : `X'${hex(bytes)}'`;
  const charset = charsetOfCollation(value.collation);
  if (charset === undefined) return literal;
  const collation = collationName(value.collation);
  return `_${charset} ${literal}${collation === undefined ? "" : ` COLLATE ${collation}`}`;
}

/** A user variable as SHOW BINLOG EVENTS prints it: @`v`=…. */
export function userVariableText(event: UserVarEvent, flavour: "mysql" | "mariadb"): string {
  return `@\`${event.name.replaceAll("`", "``")}\`=${userVariableValue(event, flavour)}`;
}
