import { exec, execText } from "./exec.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** A Debian suite with lists and a cache of its own, apart from the machine's. */
export interface Suite {
  folder: string;
  /** Options that make apt-get look at this suite only. */
  options: string[];
}

/** Where this machine's apt gets Debian from. */
export interface Mirrors {
  main: string;
  security: string;
}

/**
 * Reads the archive's address from the machine's own apt sources, so that a local mirror is used
 * where there is one. BINLOGD_TEST_DEBIAN_MIRROR (…/debian) overrides it.
 */
export async function debianMirrors(): Promise<Mirrors> {
  const uris: string[] = [];
  for (const text of await aptSourceTexts()) {
    for (const match of text.matchAll(/\b(?:https?|file|mirror\+https?):[^\s\]]+/g)) {
      const uri = match[0].replace(/\/+$/, "");
      if (uri.endsWith("/debian") || uri.endsWith("/debian-security")) uris.push(uri);
    }
  }
  const asked = Deno.env.get("BINLOGD_TEST_DEBIAN_MIRROR")?.replace(/\/+$/, "");
  const main = asked || uris.find((uri) => uri.endsWith("/debian"));
  if (main === undefined) {
    throw new Error(
      "Cannot find a Debian mirror in /etc/apt: set BINLOGD_TEST_DEBIAN_MIRROR=http://…/debian",
    );
  }
  const security = asked ? undefined : uris.find((uri) => uri.endsWith("/debian-security"));
  return { main, security: security ?? `${main}-security` };
}

async function aptSourceTexts(): Promise<string[]> {
  const texts: string[] = [];
  const paths = ["/etc/apt/sources.list"];
  try {
    for await (const entry of Deno.readDir("/etc/apt/sources.list.d")) {
      if (/\.(list|sources)$/.test(entry.name)) {
        paths.push(`/etc/apt/sources.list.d/${entry.name}`);
      }
    }
  } catch {
    // No such folder: the one file may do.
  }
  for (const path of paths) {
    const text = await Deno.readTextFile(path).catch(() => "");
    texts.push(text.replace(/^\s*#.*$/gm, ""));
  }
  return texts;
}

/** Makes the folder of a suite and fetches its package lists. */
export async function openSuite(
  folder: string,
  suite: string,
  security: boolean,
): Promise<Suite> {
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  }
  const mirrors = await debianMirrors();
  const trust = await trustOption();
  const lines = [`deb ${trust}${mirrors.main} ${suite} main`];
  if (security) lines.push(`deb ${trust}${mirrors.security} ${suite}-security main`);
  await Deno.writeTextFile(`${folder}/sources.list`, lines.join("\n") + "\n");
  // An empty status file makes apt list everything a package needs, libc included.
  await Deno.writeTextFile(`${folder}/status`, "");
  const options = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}/cache`,
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "Acquire::Retries=3",
    "APT::Sandbox::User=",
    "Debug::NoLocking=1",
  ].flatMap((option) => ["-o", option]);
  await exec("apt-get", [...options, "-q", "update"]);
  return { folder, options };
}

/**
 * Debian's own keyring signs all its suites. BINLOGD_TEST_APT_TRUSTED=1 goes without signatures,
 * for a machine whose keyring is older than the suite.
 */
async function trustOption(): Promise<string> {
  if (Deno.env.get("BINLOGD_TEST_APT_TRUSTED")) return "[trusted=yes] ";
  const there = await Deno.stat(KEYRING).then(() => true, () => false);
  return there ? `[signed-by=${KEYRING}] ` : "";
}

/** Downloads packages with all they depend on, and `bare` ones alone. Returns the .deb paths. */
export async function downloadPackages(
  suite: Suite,
  packages: string[],
  bare: string[],
): Promise<string[]> {
  const archives = `${suite.folder}/cache/archives`;
  await exec("apt-get", [
    ...suite.options,
    ...["-q", "-y", "--no-install-recommends", "--download-only", "install", ...packages],
  ]);
  if (bare.length > 0) {
    await exec("apt-get", [...suite.options, "-q", "download", ...bare], { cwd: archives });
  }
  const debs: string[] = [];
  for await (const entry of Deno.readDir(archives)) {
    if (entry.name.endsWith(".deb")) debs.push(`${archives}/${entry.name}`);
  }
  return debs.sort();
}

/** Path of a patchelf: the machine's, or one unpacked below `folder` (nothing is installed). */
export async function getPatchelf(folder: string, suite: Suite): Promise<string> {
  const installed = await exec("sh", ["-c", "command -v patchelf"], { check: false });
  if (installed.code === 0) return new TextDecoder().decode(installed.stdout).trim();
  await Deno.mkdir(folder, { recursive: true });
  const fetched = await exec("apt-get", ["-q", "download", "patchelf"], {
    cwd: folder,
    check: false,
  });
  // A machine whose own package lists are empty: take the suite's, which may need a newer libc.
  if (fetched.code !== 0) {
    await exec("apt-get", [...suite.options, "-q", "download", "patchelf"], { cwd: folder });
  }
  const deb = (await execText("sh", ["-c", "ls patchelf_*.deb"], { cwd: folder })).trim();
  await exec("dpkg", ["-x", deb, folder], { cwd: folder });
  return `${folder}/usr/bin/patchelf`;
}
