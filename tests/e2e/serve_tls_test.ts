/** Over TLS, as clients begin by themselves, the tools get to the end of what they ask for. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { equals } from "@std/bytes";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { CAN_LIMIT_FILES, withLastFile } from "../_limit_files.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";
import { connect } from "../server/_local.ts";
import { serve, writeUsers } from "../server/_serving.ts";

const SKIPPED = CAN_LIMIT_FILES ? "" : " (skipped: no prlimit)";

interface Outcome {
  code: number;
  stderr: string;
}

async function runTool(program: string, args: string[], cwd: string): Promise<Outcome> {
  const { code, stderr } = await new Deno.Command(program, { args, cwd, stdout: "null" }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: `TLS waits for a file where the client took the last one${SKIPPED}`,
  ignore: !CAN_LIMIT_FILES,
  async fn() {
    await withFolder(async (dir) => {
      const users = await writeUsers(dir);
      await Deno.mkdir(`${dir}/store`);
      await using serving = await serve(`${dir}/store`, users, ["--tls-self-made"]);
      const login = () => connect(serving, { user: "native", sslMode: "REQUIRED" });
      const connection = await withLastFile(serving.program.pid, login);
      assertEquals(connection.info.tls, true);
      connection.close();
    });
  },
});

serverTest("over TLS, files come whole, and errors are heard", async (kind) => {
  await using source = await startServer(kind);
  await withFolder(async (dir) => {
    const users = await writeUsers(dir);
    const store = `${dir}/store`;
    await mixedWorkload(source, { rounds: 1, small: true });
    await source.sql("FLUSH BINARY LOGS");
    assertEquals((await binlogd(["dump", sourceUrl(source), "--dir", store])).code, 0);
    await using serving = await serve(store, users, ["--tls-self-made", "--require-tls"]);
    const { port } = serving;
    const mysql = source.flavour === "mysql";
    const user = mysql ? "repl" : "native";
    const tls = mysql ? ["--ssl-mode=REQUIRED"] : ["--ssl", "--disable-ssl-verify-server-cert"];
    const place = ["-h127.0.0.1", `-P${port}`, `-u${user}`];
    const args = (
      password: string,
    ): string[] => ["--no-defaults", ...tls, ...place, `-p${password}`];
    const files = await source.binlogFiles();
    const whole = (folder: string): void => {
      for (const name of files) {
        const [copy, original] = [folder, store].map((part) =>
          Deno.readFileSync(`${part}/${name}`)
        );
        assert(equals(copy!, original!), name);
      }
    };

    const raw = ["--read-from-remote-server", "--raw"];
    const copied = await runTool(source.mysqlbinlog, [...args("secret"), ...raw, ...files], dir);
    assertEquals(copied.code, 0, copied.stderr);
    whole(dir);

    const unknown = [...args("secret"), ...raw, "binlog.000099"];
    const missing = await runTool(source.mysqlbinlog, unknown, dir);
    assertStringIncludes(missing.stderr, "Could not find first log file name");
    for (const tool of [source.mysqlbinlog, source.client]) {
      const asked = tool === source.client ? ["-e", "SELECT 1"] : [...raw, files[0]!];
      const refused = await runTool(tool, [...args("wrong"), ...asked], dir);
      assertStringIncludes(refused.stderr, "Access denied");
    }

    // Without a word about TLS.
    const url = `mysql://${user}@127.0.0.1:${port}`;
    const dumped = await binlogd(["dump", url, "--dir", `${dir}/second`]);
    assertEquals(dumped.code, 0, dumped.stderr);
    whole(`${dir}/second`);
    const monitor = `mysql://nmonitor@127.0.0.1:${port}`;
    const verified = await binlogd(["verify", store, "--against", monitor, "--bytes"]);
    assertEquals(verified.code, 0, verified.stdout + verified.stderr);
    const refused = await binlogd(["dump", url, "--dir", `${dir}/third`], { MYSQL_PWD: "wrong" });
    assertEquals(refused.code, 5, refused.stderr);
  });
});
