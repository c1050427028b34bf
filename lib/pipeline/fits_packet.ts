import { PACKET_CHUNK_MAX } from "../protocol/packet.ts";

/**
 * Whether an event that says `size` bytes can be what a packet with `room` bytes of payload behind
 * `offset` others brings. One of 0xffffff bytes goes on in the next, where more of the event is.
 */
export function fitsPacket(size: number, room: number, offset: number): boolean {
  return room + offset === PACKET_CHUNK_MAX ? size >= room : size === room;
}
