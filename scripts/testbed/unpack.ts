import { exec, execText } from "./exec.ts";

const LEFT_OUT = ["doc", "man", "info", "locale", "lintian", "bug", "perl", "icons"];

/** Debian's name of an architecture → where its libraries and its loader lie. */
const ARCHITECTURES: Record<string, { libraries: string; loader: string }> = {
  amd64: { libraries: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" },
  arm64: { libraries: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" },
};

/** Unpacks packages into `root`, as if it were the file system's root. */
export async function unpackPackages(debs: string[], root: string): Promise<void> {
  // Packages of before and after the merge of /bin into /usr/bin meet in one tree.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    await Deno.mkdir(`${root}/usr/${name}`, { recursive: true });
    await Deno.symlink(`usr/${name}`, `${root}/${name}`);
  }
  const excludes = LEFT_OUT.map((name) => `--exclude=./usr/share/${name}`).join(" ");
  const script = `set -e; for deb; do dpkg-deb --fsys-tarfile "$deb" | ` +
    `tar -x -C "$ROOT" --keep-directory-symlink --no-same-owner ${excludes}; done`;
  await exec("sh", ["-c", script, "sh", ...debs], { env: { ROOT: root } });
  await redirectLinks(root, `${root}/usr`);
}

/** Absolute symbolic links inside `root` are made to stay inside it. */
async function redirectLinks(root: string, folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isSymlink) {
      const target = await Deno.readLink(path);
      if (!target.startsWith("/")) continue;
      const up = path.slice(root.length + 1).split("/").slice(0, -1).map(() => "..").join("/");
      await Deno.remove(path);
      await Deno.symlink(up + target, path);
    } else if (entry.isDirectory) {
      await redirectLinks(root, path);
    }
  }
}

/**
 * Gives the programs the loader and the libraries of their own suite, so that they run as ordinary
 * processes beside a libc of another age. `finalRoot` is where `root` will be renamed to.
 */
export async function patchPrograms(
  patchelf: string,
  root: string,
  finalRoot: string,
): Promise<void> {
  const name = (await execText("dpkg", ["--print-architecture"])).trim();
  const architecture = ARCHITECTURES[name];
  if (architecture === undefined) throw new Error(`Cannot run servers on architecture ${name}`);
  const libraries = `usr/lib/${architecture.libraries}`;
  // The loader lies in its package's own place (usr/lib64 or usr/lib/<triplet>).
  const places = [`${libraries}/${architecture.loader}`, `usr/lib64/${architecture.loader}`];
  let loader = "";
  for (const place of places) {
    if (await Deno.stat(`${root}/${place}`).then(() => true, () => false)) loader = place;
  }
  if (loader === "") throw new Error(`Cannot find ${architecture.loader} in ${root}`);
  for (const folder of ["usr/bin", "usr/sbin"]) {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = `${root}/${folder}/${entry.name}`;
      if (!entry.isFile || !isServerProgram(entry.name) || !await isElf(path)) continue;
      await exec(patchelf, [
        ...["--set-interpreter", `${finalRoot}/${loader}`],
        // RPATH, not RUNPATH: plugins loaded later have to inherit it.
        ...["--force-rpath", "--set-rpath", `${finalRoot}/${libraries}`],
        path,
      ]);
    }
  }
}

function isServerProgram(name: string): boolean {
  return /^(my|maria|aria|inno|openssl|perror|replace|resolve)/.test(name);
}

async function isElf(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const magic = new Uint8Array(4);
  await file.read(magic);
  return magic[0] === 0x7f && magic[1] === 0x45 && magic[2] === 0x4c && magic[3] === 0x46;
}
