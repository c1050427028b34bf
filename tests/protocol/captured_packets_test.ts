/** Every packet that real servers, replicas and clients sent in the captures, read and written again. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { decodeGtidSet, encodeGtidSet } from "../../lib/gtid/gtid_set_codec.ts";
import {
  decodeBinlogDump,
  decodeBinlogDumpGtid,
  encodeBinlogDump,
  encodeBinlogDumpGtid,
} from "../../lib/protocol/binlog_dump.ts";
import { CAPABILITY } from "../../lib/protocol/capabilities.ts";
import { COMMAND } from "../../lib/protocol/commands.ts";
import {
  decodeAuthSwitch,
  decodeGreeting,
  decodeLogin,
  encodeAuthSwitch,
  encodeGreeting,
  encodeLogin,
  encodeSslRequest,
  SSL_REQUEST_SIZE,
} from "../../lib/protocol/handshake.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import {
  decodeRegisterReplica,
  encodeRegisterReplica,
} from "../../lib/protocol/register_replica.ts";
import { decodeErrPacket, decodeOk, encodeErr, RESPONSE } from "../../lib/protocol/response.ts";
import { readResultSet } from "../../lib/protocol/result_set.ts";
import {
  decodeSemiSyncAck,
  encodeSemiSyncAck,
  SEMI_SYNC_MAGIC,
} from "../../lib/protocol/semi_sync.ts";
import { captureBytes, capturePath, CAPTURES } from "../proxy/_captures.ts";
import { chunkSocket } from "../_split.ts";

/** What one side sent before the other spoke again. */
interface Turn {
  up: boolean;
  bytes: Uint8Array;
  payloads: Uint8Array[];
}

function payloadsOf(bytes: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const size = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    payloads.push(bytes.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return payloads;
}

/** The conversations of a capture, each up to where TLS or a stream of events begins. */
function conversations(name: string): Turn[][] {
  return [...captureBytes(capturePath(name)).values()].map((parts) => {
    const turns: Turn[] = [];
    for (const { direction, bytes } of parts) {
      const up = direction === "up";
      const last = turns.at(-1);
      if (last?.up === up) last.bytes = Uint8Array.from([...last.bytes, ...bytes]);
      else turns.push({ up, bytes, payloads: [] });
      const { bytes: so } = turns.at(-1)!;
      if (up && turns.length === 2 && so.length >= 4 && so[0] === SSL_REQUEST_SIZE) break;
    }
    for (const turn of turns) turn.payloads = payloadsOf(turn.bytes);
    return turns;
  }).filter((turns) => turns.length >= 2);
}

const counts = new Map<string, number>();
function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function checkGreeting(payload: Uint8Array, kind: string): void {
  const greeting = decodeGreeting(payload);
  const written = encodeGreeting(greeting);
  if (kind === "mysql97") assertEquals(written, payload);
  else {
    // MariaDB puts capabilities of its own where ten zeros are; all the rest is the same.
    const reserved = payload.indexOf(0) + 22;
    const copy = payload.slice();
    copy.fill(0, reserved, reserved + 10);
    assertEquals(written, copy);
  }
  assertEquals(greeting.scramble.length, 20);
  assert(greeting.scramble.every((byte) => byte !== 0));
  count("greeting");
}

function firstWord(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function checkLogin(payload: Uint8Array): number {
  if (payload.length === SSL_REQUEST_SIZE) return firstWord(payload);
  const login = decodeLogin(payload);
  const written = encodeLogin(login);
  assertEquals(written.subarray(0, 4), payload.subarray(0, 4));
  // Largest packet, character set and reserved bytes are our own.
  assertEquals(written.subarray(32), payload.subarray(32));
  assert(Object.keys(login.attributes).length >= 4);
  count("login");
  return login.capabilities;
}

/** The conversation of the authentication plugins; returns the index of the turn after it. */
function checkAuthentication(turns: Turn[]): number {
  for (let i = 2; i < turns.length; i++) {
    const { up, payloads } = turns[i]!;
    if (up) continue;
    for (const payload of payloads) {
      if (payload[0] === 0xfe) {
        const { plugin, data } = decodeAuthSwitch(payload);
        const scramble = data.length === 21 ? data.subarray(0, 20) : data;
        assertEquals(encodeAuthSwitch(plugin, scramble), payload);
        count(`switch to ${plugin}`);
      } else if (payload[0] === RESPONSE.OK) {
        decodeOk(payload);
        count("login OK");
        return i + 1;
      } else if (payload[0] === RESPONSE.ERR) {
        checkErr(payload);
        return turns.length;
      }
    }
  }
  return turns.length;
}

function checkErr(payload: Uint8Array): void {
  const err = decodeErrPacket(payload);
  assertEquals(encodeErr(err), payload);
  assert(err.code >= 1000 && err.sqlState.length === 5 && err.message.length > 10);
  count("ERR");
}

function checkCommand(payload: Uint8Array): void {
  switch (payload[0]) {
    case COMMAND.COM_REGISTER_SLAVE:
      assertEquals(encodeRegisterReplica(decodeRegisterReplica(payload)), payload);
      count("register");
      break;
    case COMMAND.COM_BINLOG_DUMP:
      assertEquals(encodeBinlogDump(decodeBinlogDump(payload)), payload);
      count("dump");
      break;
    case COMMAND.COM_BINLOG_DUMP_GTID: {
      const dump = decodeBinlogDumpGtid(payload);
      assertEquals(encodeBinlogDumpGtid(dump), payload);
      assertEquals(encodeGtidSet(decodeGtidSet(dump.gtidSet)), dump.gtidSet);
      count("gtid dump");
      break;
    }
    case SEMI_SYNC_MAGIC:
      assertEquals(encodeSemiSyncAck(decodeSemiSyncAck(payload)), payload);
      count("ack");
  }
}

async function checkAnswer(turn: Turn, capabilities: number): Promise<void> {
  const first = turn.payloads[0]!;
  if (first[0] === RESPONSE.ERR) return checkErr(first);
  if (first[0] === RESPONSE.OK) {
    assertEquals(decodeOk(first).status & ~0x4fff, 0);
    count("OK");
    return;
  }
  const channel = new PacketChannel({
    ...chunkSocket([turn.bytes]),
    write: () => Promise.reject(new Error("nothing is written")),
    close: () => {},
  });
  channel.sequence = 1;
  const { columns, rows } = await readResultSet(channel, capabilities);
  assert(columns.length > 0 && columns.every((column) => column.length > 0));
  for (const row of rows) assertEquals(row.length, columns.length);
  count("result set");
}

for (const name of CAPTURES) {
  Deno.test(`packets of a capture are read and written again, ${name}`, async () => {
    const all = conversations(name);
    assert(all.length > 0);
    for (const turns of all) {
      checkGreeting(turns[0]!.payloads[0]!, name.split("-")[0]!);
      const capabilities = checkLogin(turns[1]!.payloads[0]!);
      if (capabilities & CAPABILITY.CLIENT_SSL) {
        count("SSL request");
        continue;
      }
      let dumping = false;
      for (let i = checkAuthentication(turns); i < turns.length; i++) {
        const { up, payloads } = turns[i]!;
        if (up) payloads.forEach(checkCommand);
        else if (!dumping) await checkAnswer(turns[i]!, capabilities);
        const command = up ? payloads.at(-1)![0]! : 0;
        dumping ||= command === COMMAND.COM_BINLOG_DUMP || command === COMMAND.COM_BINLOG_DUMP_GTID;
      }
    }
  });
}

Deno.test("the captures had each kind of packet in them", () => {
  const wanted = [
    ..."greeting,login,login OK,SSL request,ERR,OK,result set,register,dump,gtid dump,ack".split(
      ",",
    ),
    "switch to client_ed25519",
    "switch to parsec",
  ];
  assertEquals(wanted.filter((what) => !counts.has(what)), []);
});

Deno.test("an SSL request is the login's first 32 bytes, as the mariadb client sends it", () => {
  const [turns] = conversations("mariadb118-clients.pcapng")
    .filter((turns) => turns[1]!.payloads[0]!.length === SSL_REQUEST_SIZE);
  const theirs = turns![1]!.payloads[0]!;
  const ours = encodeSslRequest(firstWord(theirs));
  assertEquals(ours.length, theirs.length);
  assertEquals(ours.subarray(0, 4), theirs.subarray(0, 4));
});

Deno.test("the greeting of MariaDB 10.11, which calls itself 5.5.5 first", () => {
  const [turns] = conversations("mariadb1011-clients.pcapng");
  const greeting = decodeGreeting(turns![0]!.payloads[0]!);
  const { scramble: _, connectionId: __, ...fields } = greeting;
  assertEquals(fields, {
    serverVersion: "5.5.5-10.11.19-MariaDB-0+deb12u1-log",
    capabilities: 0x81ff_f7fe,
    charset: 8,
    status: 2,
    authPlugin: "mysql_native_password",
  });
});

Deno.test("the greeting of MariaDB 11.8, and of MySQL 9.7", () => {
  const [mariadb] = conversations("mariadb118-clients.pcapng");
  const [mysql] = conversations("mysql97-clients.pcapng");
  const there = decodeGreeting(mariadb![0]!.payloads[0]!);
  assertStringIncludes(there.serverVersion, "11.8.9-MariaDB");
  assertEquals([there.capabilities, there.charset], [0x81ff_fffe, 45]);
  assertEquals(there.authPlugin, "mysql_native_password");
  const here = decodeGreeting(mysql![0]!.payloads[0]!);
  assertEquals([here.serverVersion, here.capabilities], ["9.7.4-2", 0xdfff_ffff]);
  assertEquals([here.charset, here.authPlugin], [255, "caching_sha2_password"]);
});

Deno.test("encoded packets of the captures have the sequence ids of a conversation", () => {
  const [turns] = conversations("mysql97-replica.pcapng");
  let sequence = 0;
  for (const { bytes, payloads } of turns!.slice(0, 7)) {
    const again = payloads.map((payload) => encodePacket(payload, sequence++));
    assertEquals(Uint8Array.from(again.flatMap((packet) => [...packet])), bytes);
  }
});
