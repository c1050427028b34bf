import { assert } from "@std/assert";
import { compareBinlogFiles } from "../scripts/compare_files.ts";
import type { RealServer } from "./_servers.ts";

/** Every file of the source is in the folder, equal but for the named exceptions. */
export async function assertStored(server: RealServer, dir: string): Promise<void> {
  const files = await server.binlogFiles();
  for (const [index, file] of files.entries()) {
    const active = index === files.length - 1;
    const result = await compareBinlogFiles(`${dir}/${file}`, `${server.binlogDir}/${file}`, {
      active,
    });
    assert(result.equal, `${file}: ${result.reason} at ${result.firstDifference}`);
  }
}
