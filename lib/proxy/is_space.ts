import { SQL_BYTE } from "./sql_byte.ts";

/** Whether a byte may be white space of SQL text: also the no-break space of latin1. */
export function isSpace(byte: number): boolean {
  return byte <= 0x20 || byte === SQL_BYTE.NO_BREAK_SPACE;
}
