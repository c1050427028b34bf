/** Root lends a hand in a store of another account: needs to run as root. */
import { assertEquals } from "@std/assert";
import { binlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { serverTest, startServer } from "../_servers.ts";

const NOBODY = 65534;

/** Owners of all that is in a folder, and of itself. */
function owners(dir: string): Set<string> {
  const all = new Set<string>();
  const look = (path: string): void => {
    const { uid, gid, isDirectory } = Deno.lstatSync(path);
    all.add(`${uid}:${gid}`);
    if (isDirectory) { for (const { name } of Deno.readDirSync(path)) look(`${path}/${name}`); }
  };
  look(dir);
  return all;
}

serverTest("what root dumps into a store of another account is that account's", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int); FLUSH BINARY LOGS;");
  await withFolder(async (dir) => {
    await Deno.chmod(dir, 0o755);
    const store = `${dir}/store`;
    await Deno.mkdir(store);
    await Deno.chown(store, NOBODY, NOBODY);
    const words = ["dump", sourceUrl(server), "--dir", store];
    for (const more of [[], ["--new-era"]]) {
      const run = await binlogd([...words, ...more]);
      assertEquals(run.code, 0, run.stderr);
      await server.sql(
        "INSERT INTO d.t VALUES (1); FLUSH BINARY LOGS; INSERT INTO d.t VALUES (2);",
      );
    }
    assertEquals((await binlogd(["list", store])).code, 0);
    assertEquals(owners(store), new Set([`${NOBODY}:${NOBODY}`]));
    const binary = Deno.env.get("BINLOGD_TEST_BINARY");
    // The checkout and the runtime may lie where only root may look.
    if (!binary) return;
    await Deno.copyFile(binary, `${dir}/binlogd`);
    await Deno.chmod(`${dir}/binlogd`, 0o755);
    for (const command of [words, ["list", store], ["verify", store]]) {
      const { code, stderr } = await new Deno.Command(`${dir}/binlogd`, {
        args: command,
        uid: NOBODY,
        gid: NOBODY,
        cwd: "/",
        env: { MYSQL_PWD: "secret", HOME: "/nonexistent" },
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
    }
    assertEquals(owners(store), new Set([`${NOBODY}:${NOBODY}`]));
  });
});
