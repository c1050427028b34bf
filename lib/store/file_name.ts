import { HIDDEN_CHARACTERS } from "../binlog/values/hidden_characters.ts";

/** Longest name of a file, in bytes. */
const NAME_MAX = 255;
const UTF8 = new TextEncoder();
const SHAPE = /^(.+)\.([0-9]{6,})$/;

/** A binlog file name in its two parts: `binlog.000007` is base `binlog`, sequence 7. */
export interface BinlogFileName {
  base: string;
  sequence: number;
}

/**
 * Splits a binlog file name. Undefined unless it is a plain base name that ends in a dot and six or
 * more digits, holds no directory part, control character or one that hides what a name says, and does
 * not begin with `binlogd` (those names are ours) or a dot.
 */
export function parseBinlogFileName(name: string): BinlogFileName | undefined {
  if (
    name.startsWith("binlogd") || name.startsWith(".") || /[/\\]/.test(name) ||
    name.search(HIDDEN_CHARACTERS) >= 0
  ) return undefined;
  const match = SHAPE.exec(name);
  // A character takes three bytes at the most.
  const long = name.length * 3 > NAME_MAX && UTF8.encode(name).length > NAME_MAX;
  if (!match || long) return undefined;
  const sequence = Number(match[2]);
  // Beyond this numbers run together, and with them the order of files; servers end at 2^31.
  if (sequence > Number.MAX_SAFE_INTEGER) return undefined;
  return { base: match[1]!, sequence };
}
