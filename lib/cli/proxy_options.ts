import type { OptionSpec } from "./command.ts";

const SHOW = "What is shown";
const CAPTURE = "Captures";
const LINK = "Connection";

/** Options of `proxy`. */
export const PROXY_OPTIONS: Record<string, OptionSpec> = {
  listen: {
    type: "string",
    value: "HOST:PORT|PATH",
    help: "Where clients connect to: an address, a port on loopback, or a Unix socket.",
    group: LINK,
    commandLineOnly: true,
  },
  to: {
    type: "string",
    value: "URL|HOST:PORT|PATH",
    help: "The server: mysql://host:port, host:port or its Unix socket.",
    group: LINK,
  },
  "strip-tls": {
    type: "flag",
    help: "Tell clients that the server has no TLS, so that the conversation can be read. " +
      "Everything then goes unencrypted, and clients that insist on TLS go away.",
    group: LINK,
  },
  fault: {
    type: "string",
    value: "SPEC",
    multiple: true,
    help: "Disturb each connection: cut=N after N bytes, stall=N[:MS], split:MAX into pieces, " +
      "delay:MS a read, flip=N a bit of byte N, drop=K the K-th packet. Server to client, or " +
      "with ,dir=up client to server. Packets are shown as they were before.",
    group: LINK,
  },
  "server-port": {
    type: "integer",
    value: "PORT",
    multiple: true,
    help: "In captures, a port of MySQL servers besides 3306.",
    group: CAPTURE,
  },
  record: {
    type: "string",
    value: "FILE",
    help: "Keep the conversation in FILE.pcapng, for Wireshark, --read and --replay. Secrets are " +
      "overwritten; the server's port is given as 3306.",
    group: CAPTURE,
  },
  read: {
    type: "string",
    value: "CAPTURE",
    help: "Print a capture, of ours or of tcpdump: pcapng or pcap.",
    group: CAPTURE,
  },
  replay: {
    type: "string",
    value: "CAPTURE",
    help:
      "Be the server of a capture: answer the n-th client as its n-th conversation has it. Any " +
      "authentication response is accepted; a client that asks something else gets an error.",
    group: CAPTURE,
  },
  loop: {
    type: "flag",
    help: "Begin again with the first conversation after the last.",
    group: CAPTURE,
  },
  seed: { type: "integer", value: "N", help: "Seed of the sizes of split, 1.", group: LINK },
  hex: { type: "flag", help: "Show the bytes too, field by field.", group: SHOW },
  json: { type: "flag", help: "One JSON object a packet.", group: SHOW },
  only: {
    type: "string",
    value: "KINDS",
    help: "Show only commands, events or errors; several with commas between.",
    group: SHOW,
  },
  rows: {
    type: "integer",
    value: "N",
    help: "Rows of a result set shown in its table, 50.",
    group: SHOW,
    commandLineOnly: true,
  },
  "no-print": { type: "flag", help: "Print no packets.", group: SHOW },
};
