/** Bytes that mean something in SQL text. */
export const SQL_BYTE = {
  NEWLINE: 0x0a,
  EXCLAMATION: 0x21,
  DOUBLE_QUOTE: 0x22,
  HASH: 0x23,
  QUOTE: 0x27,
  STAR: 0x2a,
  PLUS: 0x2b,
  DASH: 0x2d,
  SLASH: 0x2f,
  SEMICOLON: 0x3b,
  CAPITAL_M: 0x4d,
  BACKSLASH: 0x5c,
  BACKTICK: 0x60,
  DELETE: 0x7f,
  /** White space in latin1 and its like. */
  NO_BREAK_SPACE: 0xa0,
} as const;
