/** Packets as real servers and clients send them, byte for byte. */
import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../lib/errors.ts";
import {
  decodeBinlogDump,
  decodeBinlogDumpGtid,
  EMPTY_GTID_SET,
  encodeBinlogDump,
  encodeBinlogDumpGtid,
} from "../../lib/protocol/binlog_dump.ts";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import {
  decodeAuthSwitch,
  decodeGreeting,
  decodeLogin,
  encodeAuthSwitch,
  encodeGreeting,
  encodeLogin,
  encodeSslRequest,
} from "../../lib/protocol/handshake.ts";
import {
  decodeRegisterReplica,
  encodeRegisterReplica,
} from "../../lib/protocol/register_replica.ts";
import {
  decodeErrPacket,
  decodeOk,
  encodeEof,
  encodeErr,
  encodeOk,
  isEof,
} from "../../lib/protocol/response.ts";
import { decodeSemiSyncAck, encodeSemiSyncAck } from "../../lib/protocol/semi_sync.ts";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.trim().split(/\s+/), (pair) => parseInt(pair, 16));
}

function ascii(text: string): string {
  return [...new TextEncoder().encode(text)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
}

Deno.test("the greeting of MySQL 9.7 is read and written", () => {
  const payload = bytes(
    `0a ${ascii("9.7.4-2")} 00 0c 00 00 00 2a 29 1f 09 48 57 6f 1d 00 ff ff ff 02 00 ff df 15
     00 00 00 00 00 00 00 00 00 00 75 0e 5f 2a 59 18 26 19 25 48 28 52 00
     ${ascii("caching_sha2_password")} 00`,
  );
  const greeting = decodeGreeting(payload);
  assertEquals(greeting.serverVersion, "9.7.4-2");
  assertEquals(greeting.connectionId, 12);
  assertEquals(
    greeting.scramble,
    bytes("2a 29 1f 09 48 57 6f 1d 75 0e 5f 2a 59 18 26 19 25 48 28 52"),
  );
  assertEquals(greeting.capabilities, 0xdfffffff);
  assertEquals([greeting.charset, greeting.status], [255, 2]);
  assertEquals(greeting.authPlugin, "caching_sha2_password");
  assertEquals(encodeGreeting(greeting), payload);
});

Deno.test("a greeting of before 4.1 and one of another protocol are told apart", () => {
  const short = bytes(`0a ${ascii("5.0")} 00 01 00 00 00 61 62 63 64 65 66 67 68 00 0c 00`);
  assertEquals(decodeGreeting(short).authPlugin, "");
  assertEquals(decodeGreeting(short).capabilities, 12);
  short[0] = 9;
  assertThrows(() => decodeGreeting(short), ProtocolError, "protocol version 9");
});

Deno.test("the switch of plugins is read and written", () => {
  const payload = bytes(
    `fe ${
      ascii("sha256_password")
    } 00 31 2f 07 14 54 2b 07 01 01 3d 23 21 64 44 1f 71 7d 46 6b 58 00`,
  );
  const { plugin, data } = decodeAuthSwitch(payload);
  assertEquals([plugin, data.length], ["sha256_password", 21]);
  assertEquals(encodeAuthSwitch(plugin, data.subarray(0, 20)), payload);
});

Deno.test("the login holds what its capabilities say", () => {
  const capabilities = (CLIENT_CAPABILITIES | CAPABILITY.CLIENT_PLUGIN_AUTH) >>> 0;
  const login = {
    capabilities,
    user: "repl",
    authResponse: bytes("01 02 03"),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: { _client_name: "binlogd" },
  };
  const payload = encodeLogin(login);
  assertEquals(
    payload.subarray(32),
    bytes(
      `${ascii("repl")} 00 03 01 02 03 ${ascii("mysql_native_password")} 00
       15 0c ${ascii("_client_name")} 07 ${ascii("binlogd")}`,
    ),
  );
  const read = decodeLogin(payload);
  assertEquals({ ...read, maxPacketSize: 0, charset: 0 }, {
    ...login,
    maxPacketSize: 0,
    charset: 0,
  });
  const request = encodeSslRequest(0x0008_aa00);
  assertEquals(request.subarray(0, 9), bytes("00 aa 08 00 00 00 00 40 2d"));
  assertEquals(request.length, 32);
});

Deno.test("OK, ERR and EOF are those of the servers", () => {
  assertEquals(encodeOk(), bytes("00 00 00 02 00 00 00"));
  assertEquals(decodeOk(bytes("00 01 fc 00 01 02 00 00 00")).lastInsertId, 256n);
  const err = bytes(`ff 15 04 23 32 38 30 30 30 ${ascii("Access denied")}`);
  assertEquals(decodeErrPacket(err), { code: 1045, sqlState: "28000", message: "Access denied" });
  assertEquals(encodeErr({ code: 1045, sqlState: "28000", message: "Access denied" }), err);
  assertEquals(encodeErr({ code: 1040, sqlState: "", message: "x" }), bytes("ff 10 04 78"));
  assertEquals(encodeEof(), bytes("fe 00 00 02 00"));
  assertEquals(isEof(encodeEof()), true);
  assertEquals(isEof(new Uint8Array(9).fill(0xfe)), false);
});

Deno.test("the dump commands, with positions of 32 and of 64 bits", () => {
  const dump = { position: 4, flags: 2, serverId: 42, file: "binlog.000001" };
  const plain = bytes(`12 04 00 00 00 02 00 2a 00 00 00 ${ascii("binlog.000001")}`);
  assertEquals(encodeBinlogDump(dump), plain);
  assertEquals(decodeBinlogDump(plain), dump);
  const wide = { ...dump, flags: 0, position: 5_000_000_000, gtidSet: EMPTY_GTID_SET };
  const payload = bytes(
    `1e 00 00 2a 00 00 00 0d 00 00 00 ${ascii("binlog.000001")} 00 f2 05 2a 01 00 00 00
     08 00 00 00 00 00 00 00 00 00 00 00`,
  );
  assertEquals(encodeBinlogDumpGtid(wide), payload);
  assertEquals(decodeBinlogDumpGtid(payload), wide);
});

Deno.test("the registration of a replica", () => {
  const register = { serverId: 4242, host: "backup1", user: "", password: "", port: 0 };
  const payload = bytes(
    `15 92 10 00 00 07 ${ascii("backup1")} 00 00 00 00 00 00 00 00 00 00 00 00`,
  );
  assertEquals(encodeRegisterReplica(register), payload);
  assertEquals(decodeRegisterReplica(payload), register);
});

Deno.test("the ACK of a semi-sync replica", () => {
  const ack = { file: "binlog.000007", position: 0x1_0000_0004 };
  const payload = bytes(`ef 04 00 00 00 01 00 00 00 ${ascii("binlog.000007")}`);
  assertEquals(encodeSemiSyncAck(ack), payload);
  assertEquals(decodeSemiSyncAck(payload), ack);
});
