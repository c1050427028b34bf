import { assertEquals } from "@std/assert";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import { encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import { ChainCheck } from "../../lib/inspect/verify_chain.ts";
import type { StoreHole } from "../../lib/store/identity.ts";
import { FileBuilder } from "../_events.ts";
import { CLOSED, verifyBytes } from "./_verify.ts";

const UUID = "00000000-0000-0000-0000-000000000000";

interface MysqlFile {
  name: string;
  previous: string;
  gnos: number[];
  next: string;
}

function mysqlFile({ name, previous, gnos, next }: MysqlFile): FileBuilder {
  const set = GtidSet.parse(previous === "" ? "" : `${UUID}:${previous}`);
  const builder = new FileBuilder(name).format();
  builder.add(EVENT_TYPE.PREVIOUS_GTIDS_LOG_EVENT, encodeGtidSet(set));
  for (const gno of gnos) builder.transaction(gno);
  return builder.rotate(next);
}

type Gtid = [domain: number, server: number, sequence: number];

function mariadbFile(name: string, list: Gtid[], gtids: Gtid[], next: string): FileBuilder {
  const builder = new FileBuilder(name).format("10.11.19-MariaDB");
  const body = new ByteWriter().u32(list.length);
  for (const [domain, server, sequence] of list) body.u32(domain).u32(server).u64(sequence);
  if (list.length === 0) body.zeros(2);
  builder.add(EVENT_TYPE.GTID_LIST_EVENT, body.done().slice());
  for (const [domain, , sequence] of gtids) {
    // The server_id of a GTID is that of the event's header: 1 in this builder.
    const gtid = new ByteWriter().u64(sequence).u32(domain).u8(0).zeros(6).done().slice();
    builder.add(EVENT_TYPE.GTID_EVENT, gtid).add(EVENT_TYPE.XID_EVENT, new Uint8Array(8));
  }
  return builder.rotate(next);
}

function chainCodes(files: FileBuilder[], holes: StoreHole[] = []): string[] {
  const chain = new ChainCheck(holes);
  return files.flatMap((builder) => {
    const verifier = verifyBytes(builder.bytes(), CLOSED, builder.name);
    chain.next(verifier);
    return verifier.report.findings.map(({ code }) => `${builder.name} ${code}`);
  });
}

const first = { name: "b.000001", previous: "", gnos: [1, 2], next: "b.000002" };
const second = { name: "b.000002", previous: "1-2", gnos: [3], next: "b.000003" };

Deno.test("verify finds nothing in files that follow each other", () => {
  assertEquals(chainCodes([mysqlFile(first), mysqlFile(second)]), []);
  const gtid = (n: number): Gtid => [0, 1, n];
  assertEquals(
    chainCodes([
      mariadbFile("b.000001", [], [gtid(1), gtid(2)], "b.000002"),
      mariadbFile("b.000002", [gtid(2)], [gtid(3)], "b.000003"),
    ]),
    [],
  );
});

Deno.test("verify reports missing numbers, unless the hole was accepted", () => {
  const third = { name: "b.000003", previous: "1-3", gnos: [4], next: "b.000004" };
  const files = [mysqlFile(first), mysqlFile(third)];
  assertEquals(chainCodes(files), ["b.000003 missing-file"]);
  const hole = {
    afterFile: "b.000001",
    afterPosition: 900,
    nextFile: "b.000003",
    reason: "purged on the source",
    time: "2026-11-23T00:00:00Z",
  };
  assertEquals(chainCodes(files, [hole]), ["b.000003 hole"]);
});

Deno.test("verify reports a rotate event that names another file", () => {
  const files = [mysqlFile({ ...first, next: "b.000007" }), mysqlFile(second)];
  assertEquals(chainCodes(files), ["b.000002 rotate-name"]);
});

Deno.test("verify compares the GTIDs at the head of a file with those before it", () => {
  const lost = { ...second, previous: "1" };
  assertEquals(chainCodes([mysqlFile(first), mysqlFile(lost)]), ["b.000002 gtid-lost"]);
  const nowhere = { ...second, previous: "1-3", gnos: [4] };
  assertEquals(chainCodes([mysqlFile(first), mysqlFile(nowhere)]), ["b.000002 gtid-in-no-file"]);
  const again = { ...second, gnos: [2] };
  assertEquals(chainCodes([mysqlFile(first), mysqlFile(again)]), ["b.000002 gtid-repeated"]);
});

Deno.test("verify compares MariaDB's GTID lists and sequence numbers", () => {
  const one = mariadbFile("b.000001", [], [[0, 1, 1], [0, 1, 2]], "b.000002");
  const lost = mariadbFile("b.000002", [[0, 1, 1]], [[0, 1, 3]], "b.000003");
  assertEquals(chainCodes([one, lost]), ["b.000002 gtid-lost", "b.000002 sequence-gap"]);
  const nowhere = mariadbFile("b.000002", [[0, 1, 2], [5, 9, 7]], [[0, 1, 3]], "b.000003");
  assertEquals(chainCodes([one, nowhere]), ["b.000002 gtid-in-no-file"]);
  const gap = mariadbFile("b.000002", [[0, 1, 2]], [[0, 1, 3], [0, 1, 6]], "b.000003");
  assertEquals(chainCodes([one, gap]), ["b.000002 sequence-gap"]);
});

Deno.test("verify does not blame a file for damage in the one before it", () => {
  const damaged = mysqlFile(first);
  damaged.events[4]![30]! ^= 1;
  assertEquals(chainCodes([damaged, mysqlFile(second)]), ["b.000001 damaged-event"]);
});
