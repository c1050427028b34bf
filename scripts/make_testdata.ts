/**
 * Makes testdata/<server>/ anew: binlog files of a small mixed workload on each real server, with
 * its index. Run by hand when the workload or a server changes; the files differ from run to run in
 * times, UUIDs and what depends on them.
 */
import { mixedWorkload } from "../tests/_workload.ts";
import { ALL_KINDS } from "./testbed/kinds.ts";
import { RealServer } from "./testbed/server.ts";

const TESTDATA = new URL("../testdata/", import.meta.url).pathname;

for (const kind of ALL_KINDS) {
  await using server = await RealServer.start(kind);
  await mixedWorkload(server, { rounds: 1, small: true });
  await server.shutdown(); // closes the last file with a STOP_EVENT
  const folder = `${TESTDATA}${kind}`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  const files = await server.binlogFiles();
  for (const file of files) {
    await Deno.copyFile(`${server.binlogDir}/${file}`, `${folder}/${file}`);
    await Deno.chmod(`${folder}/${file}`, 0o644);
  }
  await Deno.writeTextFile(
    `${folder}/binlog.index`,
    files.map((file) => `./${file}\n`).join(""),
  );
}
