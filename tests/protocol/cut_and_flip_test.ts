/** Every decoder on payloads cut at each length and flipped at each byte: a value or a typed error. */
import { assert, assertEquals } from "@std/assert";
import { BinlogdError } from "../../lib/errors.ts";
import {
  decodeBinlogDump,
  decodeBinlogDumpGtid,
  encodeBinlogDump,
  encodeBinlogDumpGtid,
} from "../../lib/protocol/binlog_dump.ts";
import { CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import {
  decodeAuthSwitch,
  decodeGreeting,
  decodeLogin,
  encodeAuthSwitch,
  encodeGreeting,
  encodeLogin,
} from "../../lib/protocol/handshake.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import {
  decodeRegisterReplica,
  encodeRegisterReplica,
} from "../../lib/protocol/register_replica.ts";
import { decodeErr, decodeOk, encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import {
  decodeColumnName,
  decodeTextRow,
  encodeColumn,
  encodeResultSet,
  readResultSet,
} from "../../lib/protocol/result_set.ts";
import { decodeSemiSyncAck, encodeSemiSyncAck } from "../../lib/protocol/semi_sync.ts";
import { chunkSocket, SPLITS } from "../_split.ts";

const scramble = Uint8Array.from({ length: 20 }, (_, i) => i + 1);
const file = "binlog.000001";
const gtidSet = new Uint8Array(48).fill(1);
const CASES: Record<string, [Uint8Array, (payload: Uint8Array) => unknown]> = {
  greeting: [
    encodeGreeting({
      serverVersion: "9.7.4",
      connectionId: 1,
      scramble,
      capabilities: 0xdfffffff,
      charset: 255,
      status: 2,
      authPlugin: "caching_sha2_password",
    }),
    decodeGreeting,
  ],
  login: [
    encodeLogin({
      capabilities: CLIENT_CAPABILITIES,
      user: "repl",
      authResponse: scramble,
      database: "",
      authPlugin: "mysql_native_password",
      attributes: { a: "b", c: "d" },
    }),
    decodeLogin,
  ],
  "auth switch": [encodeAuthSwitch("client_ed25519", scramble), decodeAuthSwitch],
  ok: [encodeOk({ affectedRows: 300n, info: "fine" }), decodeOk],
  err: [encodeErr({ code: 1236, sqlState: "HY000", message: "no" }), decodeErr],
  dump: [encodeBinlogDump({ position: 4, flags: 0, serverId: 1, file }), decodeBinlogDump],
  "gtid dump": [
    encodeBinlogDumpGtid({ position: 4, flags: 0, serverId: 1, file, gtidSet }),
    decodeBinlogDumpGtid,
  ],
  register: [
    encodeRegisterReplica({ serverId: 1, host: "h", user: "u", password: "p", port: 1 }),
    decodeRegisterReplica,
  ],
  ack: [encodeSemiSyncAck({ file, position: 4 }), decodeSemiSyncAck],
  column: [encodeColumn({ name: "Log_name" }), decodeColumnName],
  row: [Uint8Array.of(1, 65, 0xfb, 2, 66, 67), (payload) => decodeTextRow(payload, 3)],
};

function valueOrTypedError(what: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert(error instanceof BinlogdError, `${what}: ${error}`);
  }
}

for (const [name, [payload, decode]] of Object.entries(CASES)) {
  Deno.test(`decoding ${name}: cut at each length, flipped at each byte`, () => {
    decode(payload);
    for (let size = 0; size < payload.length; size++) {
      valueOrTypedError(`${name} cut to ${size}`, () => decode(payload.subarray(0, size)));
    }
    for (let at = 0; at < payload.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const flipped = payload.slice();
        flipped[at]! ^= mask;
        valueOrTypedError(`${name} flipped at ${at}`, () => decode(flipped));
      }
    }
  });
}

for (const split of SPLITS) {
  Deno.test(`a result set is read alike from any pieces, ${split.name}`, async () => {
    const rows = [["binlog.000001", "154"], ["binlog.000002", null]];
    const columns = [{ name: "Log_name" }, { name: "File_size" }];
    const payloads = encodeResultSet(columns, rows);
    const stream = new Uint8Array(
      await new Blob(
        payloads.map((payload, i) => encodePacket(payload, i + 1)),
      ).arrayBuffer(),
    );
    const socket = chunkSocket(split.chunks(stream));
    const channel = new PacketChannel({
      read: (buffer) => socket.read(buffer),
      write: () => Promise.reject(new Error("nothing is written")),
      close: () => {},
    });
    channel.sequence = 1;
    const result = await readResultSet(channel, CLIENT_CAPABILITIES);
    assertEquals(result.rows, rows);
  });
}
