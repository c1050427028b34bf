import { fetchServer } from "../scripts/testbed/fetch.ts";

/**
 * Makes in `dir` a mysqld with a keyring, which MySQL needs for its encrypted binlogs: it looks for
 * the manifest beside its program, and for the component's settings in its plugin folder, so both
 * get folders of their own. Returns the program and the lines for its option file.
 */
export async function mysqlWithKeyring(
  dir: string,
): Promise<{ program: string; config: string[] }> {
  const { root, server } = await fetchServer("mysql97");
  const component = "component_keyring_file";
  await Deno.mkdir(`${dir}/bin`);
  await Deno.mkdir(`${dir}/plugin`);
  await Deno.copyFile(server, `${dir}/bin/mysqld`);
  const library = `usr/lib/mysql/plugin/${component}.so`;
  await Deno.copyFile(`${root}/${library}`, `${dir}/plugin/${component}.so`);
  const manifest = { components: `file://${component}` };
  await Deno.writeTextFile(`${dir}/bin/mysqld.my`, JSON.stringify(manifest));
  const settings = { path: `${dir}/keyring`, read_only: false };
  await Deno.writeTextFile(`${dir}/plugin/${component}.cnf`, JSON.stringify(settings));
  return {
    program: `${dir}/bin/mysqld`,
    config: ["binlog-encryption=ON", `plugin-dir=${dir}/plugin`],
  };
}
