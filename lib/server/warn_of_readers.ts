import type { Logger } from "../log.ts";

const OTHERS_READ = 0o004;

/** Warns of a file with hashes or a key that everybody may read. One that is not there is no matter. */
export async function warnOfReaders(path: string, log: Logger): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile || ((info.mode ?? 0) & OTHERS_READ) === 0) return;
  log.warning("everybody can read this file", { file: path, hint: "chmod o-r" });
}
