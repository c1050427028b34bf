/** `up`: client to server; `down`: server to client. */
export type Direction = "up" | "down";

/** What a shown line is about; `--only` picks by it. */
export type PacketKind = "connect" | "command" | "response" | "error" | "event" | "ack" | "notice";

/** Value of a field as shown. */
export type FieldValue = string | number | bigint | boolean | null | string[];

/** A field of a packet: its bytes lie at `offset` of the payload. */
export interface Field {
  /** Name as in the protocol's documentation, in snake case. */
  name: string;
  offset: number;
  size: number;
  value: FieldValue;
}

/** What a packet means. */
export interface Meaning {
  kind: PacketKind;
  /** One line; what came from the network in it may hold control characters. */
  text: string;
  /** Lines below it, such as the names of capabilities, or a result set as a table. */
  details?: string[];
}

/**
 * One packet as shown. Secrets are filler already. `bytes` is a view that is valid during the call
 * it comes with.
 */
export interface PacketView extends Meaning {
  connection: number;
  /** Microseconds since 1970. */
  timeUs: number;
  direction: Direction;
  /** Sequence id of its first part. */
  sequence: number;
  /** Size of the whole payload, without packet headers. */
  length: number;
  fields: readonly Field[];
  /** First bytes of the payload, at most 64 KiB. */
  bytes: Uint8Array;
}

/** Something that is no packet: a connection begins or ends, TLS begins, bytes are missing. */
export interface Notice {
  connection: number;
  timeUs: number;
  /** `error` where something is wrong. */
  kind: "notice" | "error";
  text: string;
}

/** Whoever is shown packets and notices. */
export interface PacketSink {
  packet(view: PacketView): void;
  notice(notice: Notice): void;
}
