import { UsageError } from "../errors.ts";
import type { OptionValues } from "./command.ts";

/** From where to where a number may go, and in words. */
export interface Range {
  min: number;
  max?: number;
  /** What the message says is expected. */
  expected: string;
  unit?: "ms";
}

/**
 * A number of the command line; undefined where it is not given.
 * @throws {UsageError} where it is out of its range.
 */
export function checkRange(options: OptionValues, name: string, range: Range): number | undefined {
  const value = options[name] as number | undefined;
  const { min, max = Infinity, expected, unit = "" } = range;
  if (value === undefined || (value >= min && value <= max)) return value;
  throw new UsageError(`Cannot use --${name}=${value}${unit}`, { expected });
}
