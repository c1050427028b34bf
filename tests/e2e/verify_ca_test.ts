import { assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

// The runtime of the executable does not look at --ssl-ca.
serverTest(
  "VERIFY_CA takes a server whose CA is given, VERIFY_IDENTITY asks for its name",
  async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (dir) => {
      const ca = `--ssl-ca=${server.folder}/data/ca.pem`;
      const url = sourceUrl(server);
      const run = await binlogd(["dump", url, "--dir", `${dir}/a`, "--ssl-mode=VERIFY_CA", ca]);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "tls=true");
      const [file] = [...Deno.readDirSync(`${dir}/a`)].map(({ name }) => name)
        .filter((name) => name.endsWith(".000001"));
      const theirs = await Deno.readFile(`${server.binlogDir}/${file}`);
      const ours = await Deno.readFile(`${dir}/a/${file}`);
      assertEquals(ours.length, theirs.length);
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
    });
  },
  Deno.env.get("BINLOGD_TEST_BINARY") ? [] : ["mysql97"],
);
