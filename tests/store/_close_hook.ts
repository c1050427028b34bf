import { Logger } from "../../lib/log.ts";
import { CLOSE_HOOK_FILE, CloseHook, type CloseHookOptions } from "../../lib/store/close_hook.ts";
import { waitUntil } from "../_binlogd.ts";
import { writeScript } from "../_script.ts";

export const FILES = Array.from({ length: 6 }, (_, i) => `b.00000${i + 1}`);
const NEVER = new AbortController().signal;
const quiet = new Logger({ write: () => {} });

/** A hook that tries again soon. */
export function hookOf(
  dir: string,
  words: string[],
  options: Partial<CloseHookOptions> = {},
): CloseHook {
  return new CloseHook({ dir, words, log: quiet, signal: NEVER, firstPauseMs: 10, ...options });
}

/** Keeps the warnings that are logged. */
export function keepWarnings(): { log: Logger; warnings: string[] } {
  const warnings: string[] = [];
  const write = (line: string): void => void (line.includes(" warning ") && warnings.push(line));
  return { log: new Logger({ write }), warnings };
}

export async function remembered(dir: string): Promise<string | undefined> {
  const text = await Deno.readTextFile(`${dir}/${CLOSE_HOOK_FILE}`).catch(() => "{}");
  return JSON.parse(text).last;
}

/** Waits until the command was begun so often. */
export async function begun(dir: string, count: number): Promise<void> {
  await waitUntil(async () => (await notes(dir)).length >= count);
}

/** A program that notes the arguments it gets, one a line, and does `more`. */
export async function program(dir: string, more = ""): Promise<string> {
  const path = `${dir}/note`;
  await writeScript(path, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${dir}/notes'\n${more}\n`);
  return path;
}

export async function notes(dir: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${dir}/notes`).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

export function paths(dir: string, files: readonly string[]): string[] {
  return files.map((file) => `${dir}/${file}`);
}
