/** The program and a source that stops answering before it sends events. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { RunningBinlogd } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { StallingSource } from "../source/_stalling_source.ts";

function startDump(source: StallingSource, dir: string, ...options: string[]): RunningBinlogd {
  const url = `mysql://repl@127.0.0.1:${source.port}`;
  return new RunningBinlogd(["dump", url, "--dir", dir, "--ssl-mode=DISABLED", ...options]);
}

Deno.test("a source that stops answering is asked again on another connection", async () => {
  let stalled = 0;
  const stall = (question: string): boolean => question === "COM_REGISTER_SLAVE" && ++stalled === 1;
  const source = new StallingSource("mysql", stall);
  await withFolder(async (dir) => {
    const dump = startDump(source, dir, "--follow", "--heartbeat=100ms");
    await dump.until(() => source.asked.includes("COM_BINLOG_DUMP"));
    const { code, stderr } = await dump.stop();
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "trying again");
    assertStringIncludes(stderr, "Nothing came for 5.2 s in answer to: COM_REGISTER_SLAVE");
  }).finally(() => source.stop());
});

Deno.test("a signal while --new-era looks at the source is a good end, and nothing is moved", async () => {
  const source = new StallingSource("mysql", (question) => question === "COM_BINLOG_DUMP");
  await withFolder(async (dir) => {
    const dump = startDump(source, `${dir}/store`, "--new-era");
    await dump.until(() => source.asked.includes("COM_BINLOG_DUMP"));
    const { code, stderr } = await dump.stop();
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "ended by signal");
    assertEquals([...Deno.readDirSync(dir)], []);
  }).finally(() => source.stop());
});
