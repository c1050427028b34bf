import { checkLocalTime } from "./check_local_time.ts";

const SIZE_UNITS: Record<string, number> = {
  "": 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};
const DURATION_UNITS: Record<string, number> = {
  ms: 1,
  "": 1000,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A whole number that a double holds exactly; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Bytes: a number with K, M, G or T, powers of 1024, optionally followed by B or iB. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * SIZE_UNITS[match[2]!.toUpperCase()]!);
}

/** Milliseconds: a number with ms, s, m, h or d; seconds without. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|)$/i.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * DURATION_UNITS[match[2]!.toLowerCase()]!;
}

/**
 * A time: `2026-11-23`, `2026-11-23 02:12:48[.123]`; local unless Z or an offset follows.
 * @throws {UsageError} for a local one where nobody knows what that is.
 */
export function parseTime(text: string): Date | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i
      .exec(text.trim());
  if (!match) return undefined;
  const zone = match[3]?.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, "$1:$2") ?? "";
  // A day that does not exist would be taken for one of the next month.
  const day = new Date(`${match[1]}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(match[1]!)) return undefined;
  if (zone === "") checkLocalTime();
  const date = new Date(`${match[1]}T${match[2] ?? "00:00:00"}${zone}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
