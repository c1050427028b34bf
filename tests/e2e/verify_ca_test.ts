import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { CA, SERVER_CERT, SERVER_KEY } from "../source/_certificates.ts";

/** The runtime of the executable checks a certificate's names whenever it checks who signed it. */
const asksForName = Deno.env.get("BINLOGD_TEST_BINARY") !== undefined;

serverTest(
  "VERIFY_CA takes a server whose CA is given, VERIFY_IDENTITY asks for its name",
  async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (dir) => {
      const ca = `--ssl-ca=${server.folder}/data/ca.pem`;
      const url = sourceUrl(server);
      const run = await binlogd(["dump", url, "--dir", `${dir}/a`, "--ssl-mode=VERIFY_CA", ca]);
      // The name in a certificate that MySQL makes itself is nobody's host.
      const named = await binlogd([
        "dump",
        url,
        "--dir",
        `${dir}/b`,
        "--ssl-mode=VERIFY_IDENTITY",
        ca,
      ]);
      assertEquals(named.code, 5, named.stderr);
      assertStringIncludes(named.stderr, "certificate is refused");
      if (asksForName) {
        assertEquals(run.code, 5, run.stderr);
        assertStringIncludes(run.stderr, "checks the host name too");
        return;
      }
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "tls=true");
      const [file] = [...Deno.readDirSync(`${dir}/a`)].map(({ name }) => name)
        .filter((name) => name.endsWith(".000001"));
      const theirs = await Deno.readFile(`${server.binlogDir}/${file}`);
      const ours = await Deno.readFile(`${dir}/a/${file}`);
      assertEquals(ours.length, theirs.length);
    });
  },
  ["mysql97"],
);

serverTest("a certificate with names is taken for these, or for its CA alone", async (kind) => {
  await withFolder(async (folder) => {
    const path = async (name: string, pem: string): Promise<string> => {
      await Deno.writeTextFile(`${folder}/${name}.pem`, pem);
      return `${folder}/${name}.pem`;
    };
    const ca = await path("ca", CA);
    const foreign = await path("foreign", SERVER_CERT);
    const tls = { cert: await path("cert", SERVER_CERT), key: await path("key", SERVER_KEY), ca };
    await using server = await startServer(kind, { tls });
    // It is for db1.example and 127.0.0.1.
    const byName = `mysql://repl@localhost:${server.port}`;
    const cases: [string, string, string, number][] = [
      [sourceUrl(server), "VERIFY_IDENTITY", ca, 0],
      [byName, "VERIFY_IDENTITY", ca, 5],
      [sourceUrl(server), "VERIFY_CA", ca, 0],
      [byName, "VERIFY_CA", ca, asksForName ? 5 : 0],
      [byName, "VERIFY_CA", foreign, 5],
      [sourceUrl(server), "VERIFY_IDENTITY", foreign, 5],
    ];
    for (const [url, mode, signer, code] of cases) {
      const args = ["--dir", `${folder}/store`, `--ssl-mode=${mode}`, `--ssl-ca=${signer}`];
      const run = await binlogd(["dump", url, ...args]);
      assertEquals(run.code, code, `${url} ${mode} ${signer}: ${run.stderr}`);
      assertStringIncludes(run.stderr, code === 0 ? "tls=true" : "certificate is refused");
    }
  });
}, ["mysql97", "mariadb1011", "mariadb118"]);
