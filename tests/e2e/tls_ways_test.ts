/** TLS without verification where Deno's own does not do it: by way of node:tls, in one more try. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { OLD_CERT, SERVER_KEY } from "../source/_certificates.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const inBinary = Deno.env.get("BINLOGD_TEST_BINARY") !== undefined;

serverTest("a certificate of X.509 version 1 is taken unverified", async (kind) => {
  await withFolder(async (folder) => {
    const tls = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
    await Deno.writeTextFile(tls.cert, OLD_CERT);
    await Deno.writeTextFile(tls.key, SERVER_KEY);
    await using server = await startServer(kind, { tls });
    const dir = `${folder}/store`;
    for (const mode of ["PREFERRED", "REQUIRED"]) {
      const run = await binlogd(["dump", sourceUrl(server), "--dir", dir, `--ssl-mode=${mode}`]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "tls=true");
    }
    const verified = ["--ssl-mode=VERIFY_CA", "--dir", dir];
    assertEquals((await binlogd(["dump", sourceUrl(server), ...verified])).code, 5);
  });
}, ["mariadb1011"]);

serverTest("a runtime started without the flag for it does TLS unverified too", async (kind) => {
  if (inBinary) return; // it is started as it was compiled
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    for (const mode of ["PREFERRED", "REQUIRED"]) {
      const args = ["dump", sourceUrl(server), "--dir", dir, `--ssl-mode=${mode}`];
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", MAIN, ...args],
        env: { MYSQL_PWD: "secret" },
        stderr: "piped",
      }).output();
      const said = new TextDecoder().decode(stderr);
      assertEquals(code, 0, said);
      assertStringIncludes(said, "tls=true");
      assert(!said.includes("not encrypted"), said);
    }
  });
}, ["mysql97", "mariadb118"]);
