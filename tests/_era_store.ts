/** A store whose history can be moved to an era, made of recorded files. */
import {
  newIdentity,
  type SourceIdentity,
  type StoreHole,
  writeIdentity,
} from "../lib/store/identity.ts";
import { writeIndexFile } from "../lib/store/index_file.ts";

export const TESTDATA = new URL("../testdata/mysql97/", import.meta.url).pathname;
export const NAMES = ["binlog.000001", "binlog.000002", "binlog.000003"];
export const SOURCE: SourceIdentity = {
  flavour: "mysql",
  version: "9.7.4",
  address: "db1:3306",
  serverId: 1,
  serverUuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562",
};
export const HOLE: StoreHole = {
  afterFile: "binlog.000001",
  afterPosition: 4,
  nextFile: "binlog.000002",
  reason: "purged",
  time: "2026-11-23T00:00:00.000Z",
};

/** The files, their index, and what a dump remembers of them; no identity. */
export async function makeHistory(dir: string): Promise<void> {
  for (const name of NAMES) await Deno.copyFile(`${TESTDATA}${name}`, `${dir}/${name}`);
  await writeIndexFile(dir, NAMES);
  await Deno.writeTextFile(`${dir}/binlogd.state.json`, "{}");
  await Deno.writeTextFile(`${dir}/binlogd.on-close.json`, "{}");
}

export async function makeStore(
  dir: string,
  source: SourceIdentity | undefined = SOURCE,
): Promise<void> {
  await makeHistory(dir);
  const identity = { ...newIdentity(7), holes: [HOLE] };
  await writeIdentity(dir, source ? { ...identity, source } : identity);
}

export function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
}
