import type { BinlogCatalog } from "./binlog_catalog.ts";
import { pause } from "../pause.ts";
import type { Upstream } from "./upstream.ts";

const LOOK_MS = 50;

function hasHead(catalog: BinlogCatalog): boolean {
  const file = catalog.files[catalog.files.length - 1];
  if (file === undefined) return false;
  try {
    return catalog.head(file) !== undefined || catalog.files.length > 1;
  } catch {
    return true; // damaged: nothing better is about to come
  }
}

/**
 * Waits until there is a file that says whose server's it is, where one is about to come: clients
 * decide by the version in the greeting what they ask. False where none has come within `limitMs`.
 */
export async function waitForFirstFile(
  catalog: BinlogCatalog,
  upstream: Upstream | undefined,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (!upstream?.present) return true;
  const end = performance.now() + limitMs;
  while (!hasHead(catalog) && performance.now() < end && !signal.aborted) {
    await pause(LOOK_MS, signal);
    await catalog.refresh();
  }
  return hasHead(catalog);
}
