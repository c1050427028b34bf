import { UsageError } from "../errors.ts";
import type { StartPoint } from "../inspect/find_recovery.ts";

/** Reads an option's FILE:POS; folders before FILE are left out. Throws UsageError. */
export function readFilePosition(option: string, text: string): StartPoint {
  const match = /^([^:]+):(\d{1,15})$/.exec(text);
  if (!match) {
    throw new UsageError(`Cannot read --${option}=${text}`, { expected: "FILE:POSITION" });
  }
  return { file: match[1]!.split("/").pop()!, position: Number(match[2]) };
}
