/** A source that keeps its binlogs encrypted sends them in clear: the copy is the plain text. */
import { assertEquals } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import type { ServerKind } from "../../scripts/testbed/kinds.ts";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { mysqlWithKeyring } from "../_mysql_keyring.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

/** What a server that encrypts its binlogs is started with; its keys are in `dir`. */
async function encryption(
  kind: ServerKind,
  dir: string,
): Promise<{ program?: string; config: string[] }> {
  if (kind === "mysql97") return await mysqlWithKeyring(dir);
  await Deno.writeTextFile(`${dir}/keys`, `1;${"0123456789abcdef".repeat(4)}\n`);
  return {
    config: [
      "plugin-load-add=file_key_management",
      `file-key-management-filename=${dir}/keys`,
      "encrypt-binlog=ON",
    ],
  };
}

serverTest("the copy of encrypted binlogs is what the source's own tool gets", async (kind) => {
  await withFolder(async (dir) => {
    await using server = await startServer(kind, await encryption(kind, dir));
    await mixedWorkload(server, { rounds: 1, small: true });
    await server.sql("FLUSH BINARY LOGS");
    const store = `${dir}/store`;
    const run = await binlogd(["dump", sourceUrl(server), "--dir", store]);
    assertEquals(run.code, 0, run.stderr);
    const files = (await server.binlogFiles()).slice(0, -1);
    await Deno.mkdir(`${dir}/raw`);
    await server.runBinlogTool([
      "--raw",
      "--read-from-remote-server",
      `--socket=${server.socket}`,
      "--user=root",
      `--result-file=${dir}/raw/`,
      ...files,
    ]);
    for (const file of files) {
      const raw = await Deno.readFile(`${dir}/raw/${file}`);
      assertEquals(await Deno.readFile(`${store}/${file}`), raw, file);
      const compared = await compareBinlogFiles(`${store}/${file}`, `${server.binlogDir}/${file}`);
      assertEquals(compared.exception, "the source's file is encrypted", file);
    }
    const verified = await binlogd(["verify", store]);
    assertEquals(verified.code, 0, verified.stdout);
    if (server.flavour === "mariadb") return;
    // SHOW BINARY LOGS gives the size with the header of an encrypted file, and says that it has one.
    const url = `mysql://monitor@127.0.0.1:${server.port}`;
    const against = await binlogd(["verify", store, `--against=${url}`, "--bytes"]);
    assertEquals(against.code, 0, against.stdout + against.stderr);
  });
});
