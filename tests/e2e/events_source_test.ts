import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binlogd, binlogdCommand, sourceUrl, waitUntil } from "../_binlogd.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

interface Line {
  file: string;
  position: number;
  end_position: number;
  size: number;
  type: string;
  log_pos: number;
  flags: number;
  nested: boolean;
  error?: string;
}

const ARTIFICIAL = 0x20;
const IN_USE = 0x1;

function lines(text: string): Line[] {
  return text.trim().split("\n").map((line) => JSON.parse(line) as Line);
}

/** Without what a source leaves out of its files, and the flag of the file that is open. */
function stored(events: Line[]): Line[] {
  return events.filter(({ flags }) => !(flags & ARTIFICIAL))
    .map((event) => ({ ...event, flags: event.flags & ~IN_USE, flag_names: [] }));
}

serverTest("a live source shows the events that its files hold", async (kind) => {
  await using server = await startServer(kind);
  // With a blob of over 16 MiB, which takes several packets.
  await mixedWorkload(server, { rounds: 1 });
  const files = lines((await binlogd(["events", server.binlogDir, "--json"])).stdout);
  const live = await binlogd(["events", sourceUrl(server), "--json"]);
  assertEquals(live.code, 0, live.stderr);
  const events = lines(live.stdout);
  assertEquals(events.filter(({ error }) => error), []);
  assertEquals(stored(events), stored(files));
  assertEquals(events[0]!.type, "ROTATE_EVENT");
});

serverTest("--packets shows the bytes of packets, --start-file where to begin", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int); FLUSH BINARY LOGS");
  await server.sql("INSERT INTO d.t VALUES (4711)");
  const [, second] = await server.binlogFiles();
  const run = await binlogd(["events", sourceUrl(server), `--start-file=${second}`, "--packets"]);
  assertEquals(run.code, 0, run.stderr);
  assertStringIncludes(run.stdout, "payload_length=");
  assertStringIncludes(run.stdout, "sequence_id=1 status=0 timestamp=0 event_type=4 ROTATE_EVENT");
  assert(/(@1|a)=4711/.test(run.stdout), run.stdout);
});

serverTest("--follow on a source shows a commit as it happens", async (kind) => {
  await using server = await startServer(kind);
  await server.sql("CREATE DATABASE d; CREATE TABLE d.t (a int)");
  const args = ["events", sourceUrl(server), "--follow", "-v", "--type=rows"];
  const child = binlogdCommand(args, {}, { stderr: "null" }).spawn();
  let text = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
  })();
  try {
    for (const value of [1, 2]) {
      await server.sql(`INSERT INTO d.t VALUES (${value})`);
      await waitUntil(() => new RegExp(`###   (@1|.a.)=${value}\n`).test(text), 60_000, () => text);
    }
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // ended
    }
    await reading;
  }
});

serverTest("a source that does not let us in is told with what to do", async (kind) => {
  await using server = await startServer(kind);
  const run = await binlogd(["events", sourceUrl(server)], { MYSQL_PWD: "wrong" });
  assertEquals(run.code, 5, run.stderr);
}, ["mysql97"]);
