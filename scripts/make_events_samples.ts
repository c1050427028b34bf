/** Makes testdata/events anew with real servers; see the README there. */
import { rowsWorkload } from "../tests/e2e/_events_workload.ts";
import { KINDS_HERE, startServer } from "../tests/_servers.ts";
import { mixedWorkload } from "../tests/_workload.ts";

const FOLDER = new URL("../testdata/events/", import.meta.url).pathname;
const LARGEST = 300;

for (const kind of KINDS_HERE) {
  await using server = await startServer(kind);
  await rowsWorkload(server, LARGEST);
  await mixedWorkload(server, { rounds: 1, small: true });
  const [rows, mixed] = await server.binlogFiles();
  for (const [name, file] of [["rows", rows], ["mixed", mixed]]) {
    const bytes = await Deno.readFile(`${server.binlogDir}/${file}`);
    await Deno.writeFile(`${FOLDER}${kind}-${name}.binlog`, bytes);
  }
}
