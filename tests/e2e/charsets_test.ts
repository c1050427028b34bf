import { assertEquals } from "@std/assert";
import { charsetReader } from "../../lib/binlog/values/charset_reader.ts";
import { SINGLE_BYTE_CHARSETS } from "../../lib/binlog/values/single_byte_charsets.ts";
import { serverTest, startServer } from "../_servers.ts";

/** What the servers make of bytes without a character. */
const NO_CHARACTER = "?";

serverTest("bytes are the characters that the server makes of them", async (kind) => {
  await using server = await startServer(kind);
  const bytes = Array.from({ length: 255 }, (_, i) => i + 1);
  for (const charset of Object.keys(SINGLE_BYTE_CHARSETS)) {
    const converted = bytes.map((byte) =>
      `HEX(CONVERT(_${charset} x'${byte.toString(16).padStart(2, "0")}' USING utf32))`
    );
    const answer = await server.sql(`SELECT CONCAT_WS(',', ${converted.join(",")})`);
    const theirs = answer.trim().split("\n").pop()!.split(",")
      .map((code) => String.fromCodePoint(parseInt(code, 16)));
    const read = charsetReader(charset, false)!;
    const ours = bytes.map((byte) => read(Uint8Array.of(byte)).replace("\ufffd", NO_CHARACTER));
    assertEquals(ours, theirs, charset);
  }
});
