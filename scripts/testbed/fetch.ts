import { downloadPackages, getPatchelf, openSuite } from "./apt.ts";
import { execText } from "./exec.ts";
import { cacheFolder, KINDS, type KindSpec, type ServerKind } from "./kinds.ts";
import { patchPrograms, unpackPackages } from "./unpack.ts";

/** Changes when unpacked trees of before must not be used any more. */
const RECIPE = 1;

/** A server's programs, unpacked and able to run. */
export interface Installation {
  spec: KindSpec;
  root: string;
  /** What the server says of its version: "9.7.4", "10.11.19-MariaDB". */
  version: string;
  server: string;
  client: string;
  binlogTool: string;
}

interface Marker {
  recipe: number;
  /** Baked into the programs, so a moved cache has to be made again. */
  root: string;
  version: string;
}

/** Fetches a kind unless it is there. One process fetches at a time, others wait for it. */
export async function fetchServer(kind: ServerKind): Promise<Installation> {
  const spec = KINDS[kind];
  const cache = cacheFolder();
  const root = `${cache}/${kind}`;
  const found = await findInstallation(kind);
  if (found !== undefined) return found;
  await Deno.mkdir(cache, { recursive: true });
  return await withFileLock(`${cache}/${kind}.lock`, async () => {
    const meanwhile = await findInstallation(kind);
    if (meanwhile !== undefined) return meanwhile;
    const work = `${cache}/${kind}.work`;
    await removeTree(work);
    await removeTree(root);
    await Deno.mkdir(`${work}/root`, { recursive: true });
    try {
      const suite = await openSuite(`${work}/apt`, spec.suite, spec.security);
      const debs = await downloadPackages(suite, spec.packages, spec.barePackages);
      await unpackPackages(debs, `${work}/root`);
      await patchPrograms(await getPatchelf(`${work}/patchelf`, suite), `${work}/root`, root);
      await Deno.rename(`${work}/root`, root);
      const version = parseVersion(await execText(`${root}/${spec.server}`, ["--version"]));
      const marker: Marker = { recipe: RECIPE, root, version };
      await Deno.writeTextFile(`${root}/testbed.json.tmp`, JSON.stringify(marker));
      await Deno.rename(`${root}/testbed.json.tmp`, `${root}/testbed.json`);
      return makeInstallation(spec, marker);
    } finally {
      await removeTree(work);
    }
  });
}

/** The installation of a kind, if it has been fetched. */
export async function findInstallation(kind: ServerKind): Promise<Installation | undefined> {
  const root = `${cacheFolder()}/${kind}`;
  const text = await Deno.readTextFile(`${root}/testbed.json`).catch(() => undefined);
  if (text === undefined) return undefined;
  const marker = JSON.parse(text) as Marker;
  if (marker.recipe !== RECIPE || marker.root !== root) return undefined;
  return makeInstallation(KINDS[kind], marker);
}

function makeInstallation(spec: KindSpec, marker: Marker): Installation {
  return {
    spec,
    root: marker.root,
    version: marker.version,
    server: `${marker.root}/${spec.server}`,
    client: `${marker.root}/${spec.client}`,
    binlogTool: `${marker.root}/${spec.binlogTool}`,
  };
}

function parseVersion(text: string): string {
  return /Ver (\S+)/.exec(text)?.[1] ?? text.trim();
}

/** Runs `work` while holding an exclusive lock on a file; the lock goes with the process. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return await work();
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
