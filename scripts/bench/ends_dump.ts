const EOF_PACKET_SIZE = 9;

/** Whether these are the last bytes of a non-blocking dump: an EOF packet, 05 00 00 seq fe … */
export function endsDump(bytes: Uint8Array): boolean {
  const at = bytes.length - EOF_PACKET_SIZE;
  return at >= 0 && bytes[at] === 5 && bytes[at + 1] === 0 && bytes[at + 2] === 0 &&
    bytes[at + 4] === 0xfe;
}
