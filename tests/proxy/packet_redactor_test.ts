import { assert, assertEquals } from "@std/assert";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { encodeLogin } from "../../lib/protocol/handshake.ts";
import { encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import type { Direction } from "../../lib/proxy/packet_view.ts";
import { captureBytes, capturePath } from "./_captures.ts";
import { converse, GREETING } from "./_converse.ts";

const UTF8 = new TextEncoder();

const GREETING_MYSQL = captureBytes(capturePath("mysql97-clients.pcapng")).get(1)![0]!.bytes
  .subarray(4);

type Packet = [Direction, Uint8Array, number];

/** Greeting, login and OK. */
function login(capabilities = 0, greeting: Uint8Array = GREETING): Packet[] {
  const payload = encodeLogin({
    capabilities: CLIENT_CAPABILITIES | capabilities,
    user: "u",
    authResponse: new Uint8Array(20),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: {},
  });
  return [["down", greeting, 0], ["up", payload, 1], ["down", encodeOk(), 2]];
}

/** A column without table: catalog, empty names, `name`, and the fixed fields. */
function column(name: string): Uint8Array {
  const text = UTF8.encode(name);
  const fixed = [0x0c, 0x3f, 0, 20, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0];
  return Uint8Array.from([3, 0x64, 0x65, 0x66, 0, 0, 0, text.length, ...text, 0, ...fixed]);
}

Deno.test("a column that is named by the query's text does not show the secret of it", () => {
  const { lines, recorded } = converse([
    ...login(),
    ["up", UTF8.encode("\x03SELECT 'a', PASSWORD('SECRET')"), 0],
    ["down", Uint8Array.of(2), 1],
    ["down", column("a"), 2],
    // The server cuts long names.
    ["down", column("PASSWORD('SECRE"), 3],
    ["down", Uint8Array.of(0xfe, 0, 0, 2, 0), 4],
  ]);
  assert(!lines.join().includes("SECR"), lines.join("\n"));
  assert(!recorded.includes("SECR"), recorded);
  assert(
    lines.some((line) => line.includes("column PASSWORD('*****, VAR_STRING")),
    lines.join("\n"),
  );
});

/** COM_QUERY with one attribute `k`, of this value. */
function queryWithAttribute(value: string, text: string): Uint8Array {
  const bytes = UTF8.encode(value);
  const size = bytes.length < 0xfb
    ? [bytes.length]
    : [0xfc, bytes.length & 0xff, bytes.length >> 8];
  const query = UTF8.encode(text);
  const head = [3, 1, 1, 0, 1, 0xfe, 0, 1, 0x6b, ...size];
  const result = new Uint8Array(head.length + bytes.length + query.length);
  result.set(head);
  result.set(bytes, head.length);
  result.set(query, head.length + bytes.length);
  return result;
}

Deno.test("a large query with attributes is shown and recorded without its secrets", () => {
  const sizes = [10, 65_400, 65_536, 65_560, 70_000, 200_000];
  for (const size of sizes) {
    for (const value of ["v", "x".repeat(60_000), "x".repeat(65_530)]) {
      for (const piece of [65_536, 1000, 7]) {
        const text = `SELECT 'seen', '${"x".repeat(size)}'; SET PASSWORD = 'SECRET'; SELECT 1`;
        const query = queryWithAttribute(value, text);
        const { lines, recorded } = converse([
          ...login(CAPABILITY.CLIENT_QUERY_ATTRIBUTES, GREETING_MYSQL),
          ["up", query, 0],
          ["down", encodeErr({ code: 1, sqlState: "HY000", message: "near 'SECRET'" }), 1],
        ], piece);
        const printed = lines.join("\n");
        assert(!printed.includes("SECRET") && !recorded.includes("SECRET"));
        assert(printed.includes("COM_QUERY"), printed.slice(0, 3000));
        if (value !== "v") continue;
        assert(printed.includes("SELECT 'seen', 'xxx"), printed.slice(0, 3000));
        const expected = new TextDecoder("latin1").decode(query).replace("SECRET", "******");
        assert(recorded.includes(expected), `${size} bytes in pieces of ${piece}`);
      }
    }
  }
});

Deno.test("after a refused COM_CHANGE_USER commands are read on", () => {
  const { lines, recorded } = converse([
    ...login(),
    ["up", UTF8.encode("\x11u\0\x06SECRETdb\0"), 0],
    ["down", encodeErr({ code: 1045, sqlState: "28000", message: "Access denied" }), 1],
    ["up", UTF8.encode("\x03SELECT 1"), 0],
    ["down", encodeOk(), 1],
  ]);
  assert(!recorded.includes("SECRET"));
  assertEquals(lines.slice(-2), [
    "#1 up 0 9 command COM_QUERY SELECT 1",
    "#1 down 1 7 response OK",
  ]);
});
