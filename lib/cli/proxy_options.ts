import type { OptionSpec } from "./command.ts";

const SHOW = "What is shown";
const LINK = "Connection";

/** Options of `proxy`. */
export const PROXY_OPTIONS: Record<string, OptionSpec> = {
  listen: {
    type: "string",
    value: "HOST:PORT|PATH",
    help: "Where clients connect to: an address, a port on loopback, or a Unix socket.",
    group: LINK,
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
  },
  "no-print": { type: "flag", help: "Print no packets.", group: SHOW },
};
