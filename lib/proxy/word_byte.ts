/** Which bytes make words of SQL text: letters, digits, _ $ and those of other alphabets. */
export const WORD_BYTE: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a && byte < 0x80;
  const digit = byte >= 0x30 && byte <= 0x39;
  // 0xa0 is white space in latin1 and its like; in utf8 a word is cut, which does no harm.
  const other = byte >= 0x80 && byte !== 0xa0;
  return letter || digit || byte === 0x5f || byte === 0x24 || other ? 1 : 0;
});
