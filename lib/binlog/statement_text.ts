import type { QueryStatus } from "./query_status.ts";
import { charsetOfCollation } from "./values/charset.ts";
import { charsetReader } from "./values/charset_reader.ts";

type Reader = (bytes: Uint8Array) => string;

const UTF8 = new TextDecoder();
const readUtf8: Reader = (bytes) => UTF8.decode(bytes);
/** By the collation of the client. */
const readers = new Map<number, Reader>();

function readerOf(collation: number): Reader {
  let reader = readers.get(collation);
  if (!reader) {
    const charset = charsetOfCollation(collation);
    reader = (charset === undefined ? undefined : charsetReader(charset, false)) ?? readUtf8;
    readers.set(collation, reader);
  }
  return reader;
}

/**
 * The text of a statement, which the servers log in the character set of its client; UTF-8 where the
 * status variables do not tell that. U+FFFD stands for what is no text, or is cut off in a character.
 */
export function statementText(bytes: Uint8Array, status: QueryStatus = {}): string {
  const { character_set_client: client } = status;
  return (client === undefined ? readUtf8 : readerOf(client))(bytes);
}
