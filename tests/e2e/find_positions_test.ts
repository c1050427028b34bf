import { assert, assertEquals } from "@std/assert";
import { binlogd } from "../_binlogd.ts";
import { serverTest, startServer } from "../_servers.ts";
import { mixedWorkload } from "../_workload.ts";

interface Transaction {
  file: string;
  position: number;
  end_position: number;
  gtid: string;
  time: string;
}

/** GTID events of a file as the server's own tool prints them: position and GTID. */
function gtidEvents(text: string): { position: number; gtid: string }[] {
  const found: { position: number; gtid: string }[] = [];
  let position = 0;
  let mysql = false;
  for (const line of text.split("\n")) {
    const at = /^# at (\d+)/.exec(line);
    if (at) {
      position = Number(at[1]);
      mysql = false;
    }
    const mariadb = /\tGTID (\d+-\d+-\d+)/.exec(line);
    if (mariadb) found.push({ position, gtid: mariadb[1]! });
    else if (/\tGTID\tlast_committed/.test(line)) mysql = true;
    const next = mysql && /^SET @@SESSION.GTID_NEXT= '([^']+)'/.exec(line);
    if (next) found.push({ position, gtid: next[1]! });
  }
  return found;
}

serverTest("find and list see the transactions that the server's own tool prints", async (kind) => {
  await using server = await startServer(kind);
  await mixedWorkload(server, { rounds: 1, small: true });
  await server.sql("FLUSH BINARY LOGS");
  const list = await binlogd(["list", server.binlogDir, "--json"]);
  assertEquals(list.code, 0, list.stderr);
  const files = list.stdout.trim().split("\n").map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "file");
  const set = files.map(({ gtids_added }) => gtids_added).filter((text) => text !== "").join(",");
  const run = await binlogd(["find", server.binlogDir, "--gtid", set, "--json"]);
  assertEquals(run.code, 0, run.stdout.slice(-300) + run.stderr);
  const found = run.stdout.trim().split("\n").map((line) => JSON.parse(line) as Transaction);
  let total = 0;
  for (const { file, transactions, size } of files) {
    const text = await server.runBinlogTool([`${server.binlogDir}/${file}`]);
    const theirs = gtidEvents(text);
    const ours = found.filter((transaction) => transaction.file === file);
    assertEquals(ours.map(({ position, gtid }) => ({ position, gtid })), theirs, file);
    assertEquals(transactions, theirs.length, file);
    total += theirs.length;
    for (const [i, { position, end_position }] of ours.entries()) {
      assert(position < end_position && end_position <= (ours[i + 1]?.position ?? size), file);
      assert(text.includes(`end_log_pos ${end_position} `), `${file}:${end_position}`);
    }
  }
  assert(total > 20);
  assertEquals(found.length, total);
});
