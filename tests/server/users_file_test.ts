import { assert, assertEquals } from "@std/assert";
import { writeSecret } from "../../lib/server/rsa_key.ts";
import { readUsersFile, writeUsersFile } from "../../lib/server/users_file.ts";
import { withFolder } from "../_pipeline.ts";

const ACCOUNT = {
  name: "repl",
  host: "%",
  may: ["replicate" as const],
  plugin: "mysql_native_password" as const,
  passwordHash: "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
};

function access(path: string): unknown[] {
  const { uid, mode } = Deno.statSync(path);
  return [uid, (mode! & 0o777).toString(8)];
}

Deno.test("a users file is its owner's alone; one that is there stays whose it was", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/users.toml`;
    await writeUsersFile(path, [ACCOUNT]);
    assertEquals(access(path), [Deno.uid(), "600"]);
    await Deno.chown(path, 65534, 65534);
    await Deno.chmod(path, 0o640);
    await writeUsersFile(path, [ACCOUNT, { ...ACCOUNT, name: "other" }]);
    assertEquals(access(path), [65534, "640"]);
    assertEquals((await readUsersFile(path)).map(({ name }) => name), ["repl", "other"]);
  });
});

Deno.test("a users file that is a link is written where the link leads", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/real`);
    await Deno.symlink("real/users.toml", `${dir}/link.toml`);
    // Also one that leads to a file that is to be made.
    for (const accounts of [[ACCOUNT], [ACCOUNT, { ...ACCOUNT, name: "other" }]]) {
      await writeUsersFile(`${dir}/link.toml`, accounts);
      assert((await Deno.lstat(`${dir}/link.toml`)).isSymlink);
      assertEquals(await readUsersFile(`${dir}/real/users.toml`), accounts);
    }
    assertEquals([...Deno.readDirSync(`${dir}/real`)].length, 1);
  });
});

Deno.test({
  name: "a secret is written with the permissions that the executable has",
  permissions: { read: true, write: true, sys: ["hostname", "uid"] },
  fn: async () => {
    await withFolder(async (dir) => {
      await writeSecret(`${dir}/key`, "secret");
      assertEquals(access(`${dir}/key`), [Deno.uid(), "600"]);
      await Deno.chown(`${dir}/key`, 65534, 65534);
      await writeSecret(`${dir}/key`, "other");
      assertEquals(access(`${dir}/key`), [65534, "600"]);
    });
  },
});
