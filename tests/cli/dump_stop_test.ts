/** A dump with a stop condition whose connection breaks: it ends where it would have ended anyhow. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { parseFault } from "../../lib/proxy/fault_plan.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { binlogd, type BinlogdRun } from "../_binlogd.ts";
import type { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile, UUID, withServer } from "../server/_local.ts";

const FIRST = "binlog.000001";
const SECOND = "binlog.000002";
/** Rows events of the large transaction, and bytes in each. */
const ROWS = 300;
const ROWS_SIZE = 10_000;
/** In the middle of the large transaction, as the relay counts. */
const MIDDLE = ROWS * ROWS_SIZE / 2;

function largeTransaction(file: FileBuilder, gno: number): void {
  file.gtid(gno).query("BEGIN");
  for (let i = 0; i < ROWS; i++) {
    file.add(EVENT_TYPE.WRITE_ROWS_EVENT, new Uint8Array(ROWS_SIZE).fill(i & 0xff));
  }
  file.add(EVENT_TYPE.XID_EVENT, new ByteWriter().u64(gno).done().slice());
}

/** Three small transactions, a large one, two small ones; then a file of two. */
function buildFiles(): { files: FileBuilder[]; before: number; after: number } {
  const first = beginFile(FIRST, "");
  for (let gno = 1; gno <= 3; gno++) first.transaction(gno);
  const before = first.position;
  largeTransaction(first, 4);
  const after = first.position;
  first.transaction(5).transaction(6).rotate(SECOND);
  const second = beginFile(SECOND, `${UUID}:1-6`).transaction(7, 30_000).transaction(8, 30_000);
  return { files: [first, second], before, after };
}

const { files, before, after } = buildFiles();
const [first, second] = files as [FileBuilder, FileBuilder];

/** Runs dumps of the files through a relay that disturbs its first connection. */
async function dumped(
  fault: string,
  work: (dump: (...stop: string[]) => Promise<BinlogdRun>, dir: string) => Promise<void>,
): Promise<void> {
  const write = async (folder: string): Promise<void> => {
    for (const file of files) await Deno.writeFile(`${folder}/${file.name}`, file.bytes());
  };
  await withServer(write, async ({ port }) => {
    const relay = Relay.listen({
      target: { port },
      faults: [parseFault(fault)],
      onOpen: (number) => void (number > 1 && (relay.faults = [])),
    });
    try {
      await withFolder((dir) => {
        const url = `mysql://repl@127.0.0.1:${relay.port}`;
        const plain = ["--ssl-mode=DISABLED", "--get-server-public-key"];
        return work((...stop) => binlogd(["dump", url, "--dir", dir, ...plain, ...stop]), dir);
      });
    } finally {
      relay.stop();
    }
  });
}

async function size(dir: string, name: string): Promise<number> {
  return (await Deno.stat(`${dir}/${name}`)).size;
}

Deno.test("--stop-gtid ends with the transaction although its connection broke in it", async () => {
  await dumped(`cut=${MIDDLE}`, async (dump, dir) => {
    const run = await dump(`--stop-gtid=${UUID}:1-4`);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stderr, "connection lost");
    assertEquals(await size(dir, FIRST), after, run.stderr);
  });
});

Deno.test("--stop-gtid goes on in a transaction that an earlier run has not finished", async () => {
  await dumped(`cut=${MIDDLE}`, async (dump, dir) => {
    const broken = await dump("--retry-limit=0");
    assertEquals(broken.code, 4, broken.stderr);
    const left = await size(dir, FIRST);
    assertEquals([left > before, left < after], [true, true], broken.stderr);
    const held = await dump(`--stop-gtid=${UUID}:1-3`);
    assertStringIncludes(held.stderr, "nothing to fetch");
    const run = await dump(`--stop-gtid=${UUID}:1-4`);
    assertEquals(run.code, 0, run.stderr);
    assertEquals(await size(dir, FIRST), after, run.stderr);
  });
});

Deno.test("--stop-position in a transaction keeps nothing of it from a connection that broke", async () => {
  await dumped(`cut=${MIDDLE}`, async (dump, dir) => {
    const run = await dump(`--stop-file=${FIRST}`, `--stop-position=${after - 50_000}`);
    assertEquals(run.code, 0, run.stderr);
    assertStringIncludes(run.stderr, "connection lost");
    assertStringIncludes(run.stderr, `done file=${FIRST} position=${before} `);
    assertEquals(await size(dir, FIRST), before, run.stderr);
    const state = JSON.parse(await Deno.readTextFile(`${dir}/binlogd.state.json`));
    assertEquals([state.file, state.durable], [FIRST, before]);
    const rest = await dump();
    assertEquals(rest.code, 0, rest.stderr);
    assertEquals(await Deno.readFile(`${dir}/${FIRST}`), first.bytes());
  });
});

Deno.test("--stop-file ends in its file although that was spoilt on its way", async () => {
  // Behind the rotation: what the relay has counted by then is the login, and 5 bytes a packet.
  for (const behind of [8_000, 20_000, 40_000]) {
    await dumped(`flip=${first.position + behind}`, async (dump, dir) => {
      const run = await dump(`--stop-file=${SECOND}`, `--stop-position=${second.position}`);
      assertEquals(run.code, 0, run.stderr);
      assertStringIncludes(run.stderr, "trying again");
      assertEquals(await size(dir, FIRST), first.position, run.stderr);
      assertEquals(await size(dir, SECOND), second.position, run.stderr);
    });
  }
});
