import { ProtocolError } from "../errors.ts";
import { decodeErr } from "../protocol/response.ts";

const SEMI_SYNC_MAGIC = 0xef;
/** An EOF packet is shorter than this; a longer one that begins with 0xfe is not one. */
const EOF_PACKET_MAX = 8;

/** Where the stream is, for messages, and how many bytes come before an event. */
export interface PacketPlace {
  file: string;
  position: number;
  /** 1: the status byte; 3: the semi-sync magic and flag too. */
  skip: number;
}

/**
 * Looks at the first bytes of a packet of the dump: status 0, and 0xEF and a flag under semi-sync,
 * before an event. True for an event, false for the EOF packet that ends the stream.
 * @throws {ServerError} for an ERR packet. {ProtocolError} for anything else.
 */
export function openPacket(
  bytes: Uint8Array,
  offset: number,
  size: number,
  place: PacketPlace,
): boolean {
  const status = bytes[offset]!;
  if (status === 0xff) throw decodeErr(bytes.slice(offset, offset + size));
  if (status === 0xfe && size < EOF_PACKET_MAX) return false;
  const { skip } = place;
  const semiSync = skip > 1;
  if (status === 0 && (!semiSync || (size >= skip && bytes[offset + 1] === SEMI_SYNC_MAGIC))) {
    return true;
  }
  const found = `0x${status.toString(16)} 0x${(bytes[offset + 1] ?? 0).toString(16)}`;
  throw new ProtocolError(
    `Cannot read event packet after ${place.file}:${place.position}: it begins with ${found}`,
    { expected: semiSync ? "0x0 0xef" : "0x0", found },
  );
}
