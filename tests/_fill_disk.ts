const BLOCK = new Uint8Array(4096);

/** Writes to `path` until its file system has not one block left. */
export function fillDisk(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  try {
    for (;;) file.writeSync(BLOCK);
  } catch (error) {
    if (!/No space left/.test((error as Error).message)) throw error;
  }
}
