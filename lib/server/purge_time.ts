import { evaluate, type ExpressionContext } from "./expression.ts";
import type { SqlCursor } from "./sql_cursor.ts";
import { SqlError } from "./sql_error.ts";
import type { Expression } from "./sql_statement.ts";

/** Milliseconds of a unit of INTERVAL; months are of different lengths. */
const UNIT_MS: Record<string, number> = {
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 7 * 86_400_000,
};
const UNIT_MONTHS: Record<string, number> = { MONTH: 1, QUARTER: 3, YEAR: 12 };
const FUNCTIONS: Record<string, 1 | -1> = { DATE_SUB: -1, SUBDATE: -1, DATE_ADD: 1, ADDDATE: 1 };

interface Interval {
  sign: 1 | -1;
  amount: Expression;
  unit: string;
}

/** What PURGE BINARY LOGS BEFORE is given: a time, and intervals that are added or taken off. */
export interface PurgeTime {
  base: Expression;
  intervals: Interval[];
}

function parseInterval(cursor: SqlCursor, sign: 1 | -1): Interval {
  cursor.expect("INTERVAL");
  const amount = cursor.expression();
  const unit = Object.keys({ ...UNIT_MS, ...UNIT_MONTHS }).find((name) => cursor.take(name));
  if (unit === undefined) throw cursor.error();
  return { sign, amount, unit };
}

/** `NOW()`, `'2026-11-23 02:00'`, `NOW() - INTERVAL 7 DAY`, `DATE_SUB(NOW(), INTERVAL 7 DAY)`. */
export function parsePurgeTime(cursor: SqlCursor): PurgeTime {
  const name = Object.keys(FUNCTIONS).find((word) => cursor.take(word, "("));
  let time: PurgeTime;
  if (name !== undefined) {
    time = parsePurgeTime(cursor);
    cursor.expect(",");
    time.intervals.push(parseInterval(cursor, FUNCTIONS[name]!));
    cursor.expect(")");
  } else time = { base: cursor.expression(), intervals: [] };
  for (;;) {
    if (cursor.take("-")) time.intervals.push(parseInterval(cursor, -1));
    else if (cursor.take("+")) time.intervals.push(parseInterval(cursor, 1));
    else return time;
  }
}

/** Time of 'YYYY-MM-DD[ hh:mm:ss[.f]]' in UTC, as NOW() and @@system_time_zone have it; else NaN. */
function utcTime(text: string): number {
  const match = /^\s*(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s*$/.exec(text);
  return match ? Date.parse(`${match[1]}T${match[2] ?? "00:00:00"}Z`) : NaN;
}

/** The same day of another month, or that month's last one. */
function addMonths(time: number, months: number): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  return date.getTime();
}

/**
 * The time in milliseconds since 1970.
 * @throws {SqlError} 1231 for what is no time.
 */
export function purgeTime({ base, intervals }: PurgeTime, context: ExpressionContext): number {
  const text = String(evaluate(base, context));
  let time = utcTime(text);
  for (const { sign, amount, unit } of intervals) {
    const count = sign * Number(evaluate(amount, context));
    const ms = UNIT_MS[unit];
    time = ms === undefined ? addMonths(time, count * UNIT_MONTHS[unit]!) : time + count * ms;
  }
  if (!Number.isNaN(time)) return time;
  throw new SqlError("WRONG_VALUE_FOR_VAR", `Incorrect DATETIME value: '${text.slice(0, 80)}'`);
}
