import { assertEquals, assertStringIncludes } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { loadRsaKey, RSA_KEY_FILE } from "../../lib/server/rsa_key.ts";
import { warnOfReaders } from "../../lib/server/warn_of_readers.ts";
import { withFolder } from "../_pipeline.ts";

Deno.test("a key or a file of accounts that everybody may read is warned of", async () => {
  await withFolder(async (dir) => {
    let said = "";
    const log = new Logger({ write: (text) => said += text });
    await loadRsaKey(undefined, dir, log);
    const key = `${dir}/${RSA_KEY_FILE}`;
    said = "";
    for (const mode of [0o600, 0o640]) {
      await Deno.chmod(key, mode);
      await loadRsaKey(undefined, dir, log);
    }
    await warnOfReaders(`${dir}/gone`, log);
    await warnOfReaders(dir, log);
    assertEquals(said, "");
    await Deno.chmod(key, 0o644);
    await loadRsaKey(undefined, dir, log);
    assertStringIncludes(said, `everybody can read this file file=${key}`);
  });
});
