import { assert, assertEquals } from "@std/assert";
import { JsonPrinter } from "../../lib/proxy/json_printer.ts";

/** Control characters of a terminal, C1 ones too, and characters that turn the text around. */
const HIDDEN = "\x1b[31m\u009b31m\u0085\u202e\u2066";

Deno.test("JSON holds no character that a terminal acts on, and reads as what came", () => {
  let written = "";
  const printer = new JsonPrinter({ write: (text) => written += text });
  printer.notice({ connection: 1, timeUs: 0, kind: "error", text: HIDDEN });
  printer.packet({
    connection: 1,
    timeUs: 0,
    direction: "down",
    sequence: 1,
    length: 2,
    kind: "response",
    text: HIDDEN,
    details: [HIDDEN],
    fields: [{ name: HIDDEN, offset: 0, size: 2, value: HIDDEN }],
    bytes: new Uint8Array(2),
  });
  printer.flush();
  // deno-lint-ignore no-control-regex -- control characters are what must not come out
  const raw = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/u;
  assert(!raw.test(written), JSON.stringify(written));
  const [notice, packet] = written.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(notice.meaning, HIDDEN);
  assertEquals(packet.meaning, HIDDEN);
  assertEquals(packet.details, [HIDDEN]);
  assertEquals(packet.fields, { [HIDDEN]: HIDDEN });
});
