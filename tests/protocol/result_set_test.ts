/** Result sets, written and read, with every kind of answer a query may have. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { BinlogdError, ProtocolError, ServerError } from "../../lib/errors.ts";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeEof, encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import {
  encodeColumn,
  encodeResultSet,
  readResultSet,
  type ResultSet,
} from "../../lib/protocol/result_set.ts";
import { chunkSocket } from "../_split.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(/\s+/), (pair) => parseInt(pair, 16));
}

function readPayloads(
  payloads: Uint8Array[],
  capabilities = CLIENT_CAPABILITIES,
): Promise<ResultSet> {
  const bytes = concat(payloads.map((payload, i) => encodePacket(payload, i & 255)));
  return readResultSet(
    new PacketChannel({
      ...chunkSocket([bytes]),
      write: () => Promise.reject(new Error("nothing is written")),
      close: () => {},
    }),
    capabilities,
  );
}

Deno.test("a column and a row as MySQL 9.7 sends them for SELECT @@server_id", async () => {
  const column = hex(
    `03 64 65 66 00 00 00 0b 40 40 73 65 72 76 65 72 5f 69 64 00 0c 3f 00 15 00 00 00 08 a0 00
     00 00 00`,
  );
  const result = await readPayloads([hex("01"), column, encodeEof(), hex("01 31"), encodeEof()]);
  assertEquals(result, { columns: ["@@server_id"], rows: [["1"]] });
  // What we send differs in flags only, which text clients do not look at.
  const ours = encodeColumn({ name: "@@server_id", integer: true });
  assertEquals([ours.length, ours.subarray(0, 28)], [column.length, column.subarray(0, 28)]);
});

Deno.test("a whole result set, byte for byte", () => {
  const payloads = encodeResultSet([{ name: "a" }, { name: "b", integer: true }], [["x", null]]);
  assertEquals(payloads, [
    hex("02"),
    hex("03 64 65 66 00 00 00 01 61 00 0c 2d 00 00 04 00 00 fd 00 00 00 00 00"),
    hex("03 64 65 66 00 00 00 01 62 00 0c 3f 00 15 00 00 00 08 00 00 00 00 00"),
    hex("fe 00 00 02 00"),
    hex("01 78 fb"),
    hex("fe 00 00 02 00"),
  ]);
});

Deno.test("any values come back as they were sent, NULL apart from empty text", async () => {
  const value = fc.option(fc.string({ unit: "binary", maxLength: 300 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value, value), { maxLength: 20 }),
      async (rows) => {
        const columns = [{ name: "a" }, { name: "ß" }, { name: "" }];
        const result = await readPayloads(encodeResultSet(columns, rows));
        assertEquals(result, { columns: ["a", "ß", ""], rows: rows as (string | null)[][] });
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("long values and rows that begin like an EOF packet are rows", async () => {
  for (const size of [250, 251, 0xffff, 0x1_0000, 0x100_0000 - 100]) {
    const text = "x".repeat(size);
    const result = await readPayloads(encodeResultSet([{ name: "a" }], [[text]]));
    assertEquals(result.rows[0]![0]!.length, size);
  }
  // A row whose first value has a length of 8 bytes begins with fe, and is longer than an EOF.
  const row = concat([hex("fe 03 00 00 00 00 00 00 00"), hex("61 62 63")]);
  const payloads = [hex("01"), encodeColumn({ name: "a" }), encodeEof(), row, encodeEof()];
  assertEquals((await readPayloads(payloads)).rows, [["abc"]]);
});

Deno.test("an OK has no rows, and ERR is thrown wherever it comes", async () => {
  assertEquals(await readPayloads([encodeOk()]), { columns: [], rows: [] });
  const err = encodeErr({ code: 1205, sqlState: "HY000", message: "Lock wait timeout" });
  const start = encodeResultSet([{ name: "a" }], [["1"], ["2"]]);
  for (const payloads of [[err], [...start.slice(0, 3), err], [...start.slice(0, 4), err]]) {
    const error = await assertRejects(() => readPayloads(payloads), ServerError, "Lock wait");
    assertEquals(error.details.code, 1205);
  }
});

Deno.test("where EOF packets are left out, none is expected between columns and rows", async () => {
  const [count, column, , row] = encodeResultSet([{ name: "a" }], [["1"]]);
  const ok = encodeOk();
  ok[0] = 0xfe;
  const capabilities = CLIENT_CAPABILITIES | CAPABILITY.CLIENT_DEPRECATE_EOF;
  const result = await readPayloads([count!, column!, row!, ok], capabilities);
  assertEquals(result.rows, [["1"]]);
  await assertRejects(
    () => readPayloads([count!, column!, row!, ok]),
    ProtocolError,
    "no EOF packet",
  );
});

Deno.test("what is no result set is a ProtocolError: too many columns, LOCAL INFILE, nothing", async () => {
  const wrong = [
    hex("fc ff ff"),
    hex("fe ff ff ff ff ff ff ff 7f"),
    hex("fe ff ff ff ff ff ff ff ff"),
    concat([hex("fb"), new TextEncoder().encode("/etc/passwd")]),
    new Uint8Array(0),
  ];
  for (const first of wrong) await assertRejects(() => readPayloads([first]), ProtocolError);
});

Deno.test("rows without end, and rows of much memory, are refused", async () => {
  const start = encodeResultSet([{ name: "a" }], []).slice(0, 3);
  let sent = 0;
  const endless = (row: Uint8Array): PacketChannel => {
    sent = 0;
    return {
      read: () => {
        const payload = start[sent++] ?? row;
        assert(sent < 1_000_000, "never refused");
        return Promise.resolve(payload);
      },
    } as unknown as PacketChannel;
  };
  await assertRejects(() => readResultSet(endless(hex("01 31")), 0), ProtocolError, "rows");
  const mega = encodeResultSet([{ name: "a" }], [["x".repeat(1 << 20)]])[3]!;
  await assertRejects(() => readResultSet(endless(mega), 0), ProtocolError, "bytes");
  assert(sent < 200, `${sent} MiB were taken`);
});

Deno.test("a result set changed at each byte is a value or a typed error", async () => {
  const payloads = encodeResultSet([{ name: "a" }, { name: "b" }], [["1", null], ["22", "333"]]);
  for (const [which, payload] of payloads.entries()) {
    for (let at = 0; at < payload.length; at++) {
      for (const mask of [0x01, 0x02, 0x80, 0xff]) {
        const changed = payload.slice();
        changed[at]! ^= mask;
        try {
          await readPayloads(payloads.with(which, changed));
        } catch (error) {
          assert(error instanceof BinlogdError, `payload ${which}, byte ${at}: ${error}`);
        }
      }
    }
    for (let size = 0; size < payload.length; size++) {
      const cut = payloads.with(which, payload.subarray(0, size));
      await readPayloads(cut).catch((error) => assert(error instanceof BinlogdError, error));
    }
  }
});

Deno.test("names of columns count, and values without a byte do", async () => {
  const name = encodeColumn({ name: "x".repeat(15_000_000) });
  const names = [hex("05"), ...Array(5).fill(name), encodeEof(), encodeEof()];
  await assertRejects(() => readPayloads(names), ProtocolError, "over 67108864 bytes");
  const count = 4096;
  const columns = Array.from({ length: count }, () => ({ name: "" }));
  const nulls = new Uint8Array(count).fill(0xfb);
  const [head, ...rest] = encodeResultSet(columns, []);
  const rows = Array<Uint8Array>(1000).fill(nulls);
  const many = [head!, ...rest.slice(0, -1), ...rows, encodeEof()];
  await assertRejects(() => readPayloads(many), ProtocolError, "over 67108864 bytes");
});
