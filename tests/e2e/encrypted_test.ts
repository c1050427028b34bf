/** A source that keeps its binlogs encrypted sends them in clear: the copy is the plain text. */
import { assertEquals } from "@std/assert";
import { compareBinlogFiles } from "../../scripts/compare_files.ts";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

serverTest("the copy of encrypted binlogs is what the source's own tool gets", async (kind) => {
  await withFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/keys`, `1;${"0123456789abcdef".repeat(4)}\n`);
    await using server = await startServer(kind, {
      config: [
        "plugin-load-add=file_key_management",
        `file-key-management-filename=${dir}/keys`,
        "encrypt-binlog=ON",
      ],
    });
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
  });
}, ["mariadb1011", "mariadb118"]);
