import { execText as runProgram } from "./exec.ts";
import { cacheFolder } from "./kinds.ts";
import type { KindSpec } from "./kinds.ts";

/** The script that fills MariaDB's system database, as its installer feeds it. */
export async function systemTables(share: string): Promise<string> {
  const parts = ["create database mysql;\nuse mysql;\n"];
  const prefix = await Deno.stat(`${share}/mariadb_system_tables.sql`).then(
    () => "mariadb",
    () => "mysql",
  );
  for (const name of ["system_tables", "performance_tables", "system_tables_data", "sys_schema"]) {
    const path = `${share}/${prefix}_${name}.sql`;
    parts.push(await Deno.readTextFile(path).catch(() => ""));
  }
  return parts.join("\n");
}

async function initialise(spec: KindSpec, root: string, data: string): Promise<void> {
  const share = `${root}/${spec.share}`;
  const common = [
    "--no-defaults",
    "--user=root",
    `--basedir=${root}/usr`,
    `--datadir=${data}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${share}/charsets`,
    `--plugin-dir=${root}/usr/lib/mysql/plugin`,
  ];
  const server = `${root}/${spec.server}`;
  if (spec.flavour === "mysql") {
    await runProgram(server, [...common, "--secure-file-priv=", "--initialize-insecure"]);
    return;
  }
  await Deno.mkdir(data, { recursive: true });
  await runProgram(server, [...common, "--bootstrap", "--innodb-use-native-aio=OFF"], {
    stdin: await systemTables(share),
  });
}

/** Makes `data` a fresh data folder: a copy of a template that is made once per server. */
export async function prepareDataFolder(spec: KindSpec, root: string, data: string): Promise<void> {
  const template = `${cacheFolder()}/${spec.kind}-data`;
  const there = await Deno.stat(`${template}/template-ready`).then(() => true, () => false);
  if (!there) {
    using lock = await Deno.open(`${template}.lock`, { write: true, create: true });
    await lock.lock(true);
    if (!await Deno.stat(`${template}/template-ready`).then(() => true, () => false)) {
      await Deno.remove(template, { recursive: true }).catch(() => {});
      const work = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "init-" });
      await initialise(spec, root, `${work}/data`);
      await Deno.remove(`${work}/data/auto.cnf`).catch(() => {});
      await Deno.writeTextFile(`${work}/data/template-ready`, "");
      await Deno.rename(`${work}/data`, template);
      await Deno.remove(work, { recursive: true });
    }
  }
  await runProgram("cp", ["-a", "--reflink=auto", template, data]);
  await Deno.remove(`${data}/template-ready`);
}
