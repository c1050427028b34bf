/** Root writes in folders of another account: needs to run as root. */
import { assertEquals, assertRejects } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import { FileBuilder } from "../_events.ts";
import { binlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { newIdentity, writeIdentity } from "../../lib/store/identity.ts";
import { openOwnFile } from "../../lib/store/open_own_file.ts";
import { StoreLock } from "../../lib/store/store_lock.ts";
import { writeFileAtomic } from "../../lib/store/write_file_atomic.ts";

const LIB = new URL("../../lib/", import.meta.url).pathname;
const NOBODY = 65534;
const OTHER = 65533;

function access(path: string): unknown[] {
  const { uid, gid, mode } = Deno.lstatSync(path);
  return [uid, gid, (mode! & 0o777).toString(8)];
}

/** Runs with a folder that belongs to another account. */
async function withFolderOf(uid: number, work: (dir: string) => Promise<void>): Promise<void> {
  await withFolder(async (dir) => {
    await Deno.chown(dir, uid, uid);
    await work(dir);
  });
}

/** Writes with a mode that no umask narrows. */
async function write(path: string, text: string, mode: number): Promise<void> {
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
}

Deno.test("a file that root replaces keeps owner, group and mode", async () => {
  await withFolderOf(NOBODY, async (dir) => {
    const path = `${dir}/f`;
    for (const mode of [0o600, 0o640, 0o644, 0o660, 0o440]) {
      for (const asked of [0o600, 0o640]) {
        await write(path, "old", mode);
        await Deno.chown(path, NOBODY, OTHER);
        await writeFileAtomic(path, "new", asked);
        assertEquals(access(path), [NOBODY, OTHER, mode.toString(8)]);
        assertEquals(await Deno.readTextFile(path), "new");
      }
    }
    const cat = new Deno.Command("cat", { args: [path], uid: NOBODY, gid: NOBODY, cwd: "/" });
    const read = await cat.output();
    assertEquals(new TextDecoder().decode(read.stdout), "new");
  });
});

Deno.test("a file that root makes is its folder's owner's, and root's own in a folder of root", async () => {
  await withFolderOf(NOBODY, async (dir) => {
    await writeFileAtomic(`${dir}/f`, "new");
    await writeFileAtomic(`${dir}/secret`, "new", 0o600);
    assertEquals(access(`${dir}/f`), [NOBODY, NOBODY, "640"]);
    assertEquals(access(`${dir}/secret`), [NOBODY, NOBODY, "600"]);
    // What an interrupted write of somebody else left is not written into.
    await write(`${dir}/g.tmp`, "half", 0o666);
    await Deno.chown(`${dir}/g.tmp`, OTHER, OTHER);
    await writeFileAtomic(`${dir}/g`, "new");
    assertEquals(access(`${dir}/g`), [NOBODY, NOBODY, "640"]);
  });
  await withFolder(async (dir) => {
    await writeFileAtomic(`${dir}/f`, "new");
    assertEquals(access(`${dir}/f`), [0, 0, "640"]);
  });
});

Deno.test("a lock file that root makes is its folder's owner's; one that is there stays", async () => {
  await withFolderOf(NOBODY, async (dir) => {
    (await StoreLock.take(dir)).release();
    assertEquals(access(`${dir}/binlogd.lock`), [NOBODY, NOBODY, "640"]);
    await write(`${dir}/lock`, "", 0o640);
    await Deno.chown(`${dir}/lock`, OTHER, OTHER);
    (await openOwnFile(`${dir}/lock`)).close();
    assertEquals(access(`${dir}/lock`), [OTHER, OTHER, "640"]);
  });
});

Deno.test("a link in a folder of another account is replaced, what it leads to is left", async () => {
  await withFolderOf(NOBODY, async (dir) => {
    await write(`${dir}/target`, "root's", 0o600);
    for (const name of ["f", "f.tmp"]) {
      await Deno.symlink(`${dir}/target`, `${dir}/${name}`);
      await writeFileAtomic(`${dir}/f`, "new");
      assertEquals(access(`${dir}/f`), [NOBODY, NOBODY, "640"], name);
      assertEquals(access(`${dir}/target`), [0, 0, "600"], name);
      assertEquals(await Deno.readTextFile(`${dir}/target`), "root's", name);
    }
  });
});

Deno.test("where the system lets nobody give files away, they are written all the same", async () => {
  await withFolder(async (dir) => {
    const program = `import { writeFileAtomic } from "${LIB}store/write_file_atomic.ts";
      await writeFileAtomic("${dir}/open", "new");
      await writeFileAtomic("${dir}/secret", "new", 0o600);`;
    for (const name of ["open", "secret"]) {
      await write(`${dir}/${name}`, "old", 0o664);
      await Deno.chown(`${dir}/${name}`, NOBODY, NOBODY);
    }
    const drop = ["--bounding-set=-chown", "--inh-caps=-chown"];
    const run = await new Deno.Command("setpriv", {
      args: [...drop, Deno.execPath(), "eval", "--quiet", program],
    }).output();
    assertEquals(new TextDecoder().decode(run.stderr), "");
    // The group is another one, which could not read the secret before.
    assertEquals(access(`${dir}/open`), [0, 0, "644"]);
    assertEquals(access(`${dir}/secret`), [0, 0, "604"]);
    assertEquals(await Deno.readTextFile(`${dir}/secret`), "new");
  });
});

Deno.test("a purge by root leaves the index to the account that dumps", async () => {
  await withFolderOf(NOBODY, async (dir) => {
    const names = ["b.000001", "b.000002", "b.000003"];
    for (const [i, name] of names.entries()) {
      const file = new FileBuilder(name).format().transaction(i + 1).rotate(`b.00000${i + 2}`);
      await Deno.writeFile(`${dir}/${name}`, file.bytes());
    }
    await Deno.writeTextFile(`${dir}/b.index`, names.map((name) => `./${name}\n`).join(""));
    await writeIdentity(dir, newIdentity());
    await Deno.chown(`${dir}/b.index`, NOBODY, NOBODY);
    await Deno.chmod(`${dir}/b.index`, 0o640);
    const purged = await binlogd(["purge", "--dir", dir, "--to", "b.000003"]);
    assertEquals(purged.code, 0, purged.stderr);
    assertEquals(await Deno.readTextFile(`${dir}/b.index`), "./b.000003\n");
    assertEquals(access(`${dir}/b.index`), [NOBODY, NOBODY, "640"]);
    assertEquals((await binlogd(["list", dir])).code, 0);
    const own = [...Deno.readDirSync(dir)].map(({ name }) => name)
      .filter((name) => name.startsWith("binlogd."));
    for (const name of ["binlogd.index.lock", "binlogd.files.json", "binlogd.files.json.points"]) {
      assertEquals(own.includes(name), true, `${name} in ${own}`);
    }
    for (const name of own) assertEquals(Deno.statSync(`${dir}/${name}`).uid, NOBODY, name);
  });
});

Deno.test("root writes to no file that a link in another account's folder leads to", async () => {
  await withFolder(async (roots) => {
    const victim = `${roots}/victim`;
    await write(victim, "of root", 0o600);
    const safe = async (): Promise<void> => {
      assertEquals(await Deno.readTextFile(victim), "of root");
      assertEquals(access(victim), [0, 0, "600"]);
    };
    await withFolderOf(NOBODY, async (dir) => {
      for (const name of ["binlogd.lock", "f", "f.tmp"]) {
        await Deno.symlink(victim, `${dir}/${name}`);
      }
      const error = await assertRejects(() => StoreLock.take(dir), StoreError, "leads elsewhere");
      assertEquals(error.exitCode, 6);
      await safe();
      await assertRejects(() => openOwnFile(`${dir}/f`), StoreError, "leads elsewhere");
      await safe();
      await writeFileAtomic(`${dir}/f`, "new");
      await safe();
      assertEquals([await Deno.readTextFile(`${dir}/f`), access(`${dir}/f`)], ["new", [
        NOBODY,
        NOBODY,
        "640",
      ]]);
    });
    await withFolderOf(NOBODY, async (dir) => {
      const bytes = new FileBuilder("b.000001").format().transaction(1).rotate("b.000002").bytes();
      await Deno.writeFile(`${dir}/b.000001`, bytes);
      await Deno.writeTextFile(`${dir}/b.index`, "./b.000001\n");
      await writeIdentity(dir, newIdentity());
      for (const end of ["", ".lock", ".points", ".points.tmp", ".new", ".tmp"]) {
        const link = `${dir}/binlogd.files.json${end}`;
        await Deno.symlink(victim, link);
        assertEquals((await binlogd(["list", dir])).code, 0);
        await safe();
        for (const { name } of [...Deno.readDirSync(dir)]) {
          if (name.startsWith("binlogd.files.json")) await Deno.remove(`${dir}/${name}`);
        }
      }
    });
  });
});
