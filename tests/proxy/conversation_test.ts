import { deflateSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { Conversation } from "../../lib/proxy/conversation.ts";
import { encodeLogin } from "../../lib/protocol/handshake.ts";
import { CAPABILITY, CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { encodeRegisterReplica } from "../../lib/protocol/register_replica.ts";
import { encodeErr, encodeOk } from "../../lib/protocol/response.ts";
import type { Direction } from "../../lib/proxy/packet_view.ts";
import { seededRandom, SPLITS } from "../_split.ts";
import { captureBytes, capturePath, CAPTURES, Lines } from "./_captures.ts";
import { converse, GREETING } from "./_converse.ts";

const UTF8 = new TextEncoder();

Deno.test("a conversation reads the same however its bytes are split", () => {
  for (const name of CAPTURES) {
    for (const [number, pieces] of captureBytes(capturePath(name))) {
      let expected: string[] | undefined;
      for (const split of SPLITS) {
        const sink = new Lines();
        const recorded: Record<Direction, number[]> = { up: [], down: [] };
        const conversation = new Conversation({
          number,
          sink,
          record: (direction, bytes) => recorded[direction].push(...bytes),
        });
        for (const { direction, bytes } of pieces) {
          for (const chunk of split.chunks(bytes)) conversation.feed(direction, chunk, 0);
        }
        expected ??= sink.lines;
        assertEquals(sink.lines, expected, `${name} #${number}, ${split.name}`);
        // What was recorded once has no secrets, so that recording it again changes nothing.
        for (const direction of ["up", "down"] as const) {
          const all = pieces.filter((piece) => piece.direction === direction);
          assertEquals(recorded[direction], all.flatMap(({ bytes }) => [...bytes]));
        }
      }
      assert(expected!.length >= 3, `${name} #${number}`);
    }
  }
});

Deno.test("no secret of a login, a command or an error reaches print or record", () => {
  const login = encodeLogin({
    capabilities: CLIENT_CAPABILITIES,
    user: "u",
    authResponse: UTF8.encode("SECRET-1"),
    database: "",
    authPlugin: "mysql_clear_password",
    attributes: { program_name: "x" },
  });
  const changeUser = UTF8.encode("\x11u\0\x08SECRET-4db\0");
  const { lines, recorded } = converse([
    ["down", GREETING, 0],
    ["up", login, 1],
    ["down", UTF8.encode("\xfemysql_clear_password\0"), 2],
    ["up", UTF8.encode("SECRET-2\0"), 3],
    ["down", encodeOk(), 4],
    ["up", UTF8.encode("\x03SET PASSWORD = 'SECRET-3'"), 0],
    ["down", encodeErr({ code: 1, sqlState: "HY000", message: "near 'SECRET-3' at" }), 1],
    [
      "up",
      encodeRegisterReplica({
        serverId: 7,
        host: "h",
        user: "ru",
        password: "SECRET-5",
        port: 1,
      }),
      0,
    ],
    ["down", encodeOk(), 1],
    ["up", UTF8.encode("\x16ALTER USER u IDENTIFIED BY 'SECRET-6'"), 0],
    ["down", encodeErr({ code: 1, sqlState: "HY000", message: "no" }), 1],
    ["up", changeUser, 0],
    ["down", encodeOk(), 1],
  ]);
  const printed = lines.join("\n");
  assert(!printed.includes("SECRET"), printed);
  assert(!recorded.includes("SECRET"), recorded);
  for (const expected of ["user u", "near '********' at", "reports host h, user ru", "no"]) {
    assert(printed.includes(expected), `${expected} in ${printed}`);
  }
});

/** A frame of the compressed protocol, its content packed with zlib. */
function zlibFrame(content: Uint8Array, sequence: number): Uint8Array {
  const packed = deflateSync(content);
  const size = (n: number): number[] => [n & 0xff, (n >>> 8) & 0xff, n >>> 16];
  return Uint8Array.from([...size(packed.length), sequence, ...size(content.length), ...packed]);
}

/** Logs in with compression and feeds what follows, byte by byte or each piece whole. */
function compressed(
  pieces: [Direction, Uint8Array][],
  whole = false,
): { lines: string[]; recorded: Record<Direction, number[]>; records: number } {
  const login = encodeLogin({
    capabilities: CLIENT_CAPABILITIES | CAPABILITY.CLIENT_COMPRESS,
    user: "u",
    authResponse: new Uint8Array(20),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: {},
  });
  const sink = new Lines();
  const recorded: Record<Direction, number[]> = { up: [], down: [] };
  let records = 0;
  const conversation = new Conversation({
    number: 1,
    sink,
    record: (direction, bytes) => {
      records++;
      // Of large ones the number is enough.
      if (bytes.length < 2 ** 20) { for (const byte of bytes) recorded[direction].push(byte); }
    },
  });
  const start: [Direction, Uint8Array][] = [
    ["down", encodePacket(GREETING, 0)],
    ["up", encodePacket(login, 1)],
    ["down", encodePacket(encodeOk(), 2)],
  ];
  for (const [direction, bytes] of [...start, ...pieces]) {
    if (whole) conversation.feed(direction, bytes, 0);
    else for (const byte of bytes) conversation.feed(direction, Uint8Array.of(byte), 0);
  }
  return { lines: sink.lines, recorded, records };
}

const QUERY = UTF8.encode("\x03SET a = 'shown', PASSWORD = 'SECRET'");

Deno.test("a compressed conversation is read, and recorded unpacked without its secrets", () => {
  const { lines, recorded } = compressed([
    ["up", zlibFrame(encodePacket(QUERY, 0), 0)],
    ["down", zlibFrame(encodePacket(encodeOk(), 1), 1)],
  ]);
  assert(lines.at(-2)!.includes("SET a = 'shown', PASSWORD = '******'"), lines.join("\n"));
  assert(lines.at(-1)!.includes("OK"), lines.join("\n"));
  // The last bytes of the capture: a stored frame around the packet.
  const text = new TextDecoder("latin1").decode(Uint8Array.from(recorded.up));
  assert(!text.includes("SECRET"));
  const size = QUERY.length + 4;
  assertEquals(recorded.up.slice(-size - 7, -size), [size, 0, 0, 0, 0, 0, 0]);
  assertEquals(recorded.up.slice(-size, -size + 4), [QUERY.length, 0, 0, 0]);
});

Deno.test("a damaged compressed packet ends the reading, and records no commands", () => {
  const frame = zlibFrame(encodePacket(QUERY, 0), 0);
  for (let at = 0; at < frame.length; at++) {
    for (const bit of [1, 0x80]) {
      const damaged = frame.slice();
      damaged[at]! ^= bit;
      const { lines, recorded } = compressed([["up", damaged], ["up", QUERY]]);
      const text = new TextDecoder("latin1").decode(Uint8Array.from(recorded.up));
      assert(!text.includes("SECRET"), `byte ${at}: ${lines.join("\n")}`);
    }
  }
  frame[12]! ^= 0xff;
  const { lines } = compressed([["up", frame]]);
  assert(/damaged.*passed through/.test(lines.at(-1)!), lines.join("\n"));
});

/** Packets shown of a frame, and bytes unpacked at once, before a connection is given up. */
const SHOWN_MAX = 128 * 1024;
const UNPACKED_MAX = 64 * 1024 * 1024;

/** Packets of no bytes, or pings, as many as fit. */
function manyPackets(size: number, payload: readonly number[]): Uint8Array {
  const packet = [payload.length, 0, 0, 0, ...payload];
  return Uint8Array.from(
    { length: size - size % packet.length },
    (_, i) => packet[i % packet.length]!,
  );
}

Deno.test("a small frame of very many packets ends the reading soon", () => {
  for (const payload of [[], [0x0e]]) {
    const frame = zlibFrame(manyPackets(2_000_000, payload), 0);
    assert(frame.length < 16_384);
    const query = zlibFrame(encodePacket(QUERY, 0), 0);
    const { lines, recorded, records } = compressed([["up", frame], ["up", query]], true);
    // Three packets of the login, and the line that tells.
    assertEquals(lines.length, 3 + SHOWN_MAX + 1 + 1);
    assert(/more than 131072 others; the rest is passed through/.test(lines.at(-1)!), lines.at(-1));
    // The frame is one piece of the capture; then only filler.
    assert(records < 50, `${records} pieces`);
    assert(recorded.up.slice(-query.length).every((byte) => byte === 0x2a));
  }
});

Deno.test("packets that come in many pieces are read on, however many", () => {
  const frame = zlibFrame(manyPackets(400_000, [0x0e]), 0);
  const frames = Array.from({ length: 4 }, (): [Direction, Uint8Array] => ["up", frame]);
  assertEquals(compressed(frames, true).lines.length, 3 + 4 * 80_000);
  // As of a large result that waits to be read.
  const atOnce = concat(frames.map(([, bytes]) => bytes));
  assertEquals(compressed([["up", atOnce]], true).lines.length, 3 + 4 * 80_000);
});

Deno.test("frames that unpack to very many bytes at once end the reading", () => {
  const part = new Uint8Array(0xff_fff0).fill(0x20);
  part.set([0xec, 0xff, 0xff, 0, 3]);
  const frame = zlibFrame(part, 0);
  const count = Math.floor(UNPACKED_MAX / part.length);
  const flood = new Uint8Array(frame.length * (count + 1));
  for (let i = 0; i <= count; i++) flood.set(frame, i * frame.length);
  const { lines } = compressed([["up", flood]], true);
  assertEquals(lines.length, 3 + count + 1);
  assert(/67108864 bytes at once; the rest is passed through/.test(lines.at(-1)!), lines.at(-1));
});

Deno.test("a login whose beginning was not seen is filler", () => {
  const sink = new Lines();
  const conversation = new Conversation({ number: 1, sink, joined: true });
  conversation.feed("up", encodePacket(UTF8.encode("SECRET\0"), 3), 0);
  assert(
    !sink.lines.join().includes("SECRET") && !sink.lines.join().includes("534543"),
    sink.lines[0],
  );
  conversation.feed("up", encodePacket(UTF8.encode("\x03SELECT 1"), 0), 0);
  assert(sink.lines.at(-1)!.includes("COM_QUERY SELECT 1"));
});

Deno.test("a payload of 16 MiB and more is one packet, of which 64 KiB are kept", () => {
  const sink = new Lines();
  let largest = 0;
  const conversation = new Conversation({
    number: 1,
    sink: {
      packet(view) {
        largest = Math.max(largest, view.bytes.length);
        sink.packet(view);
      },
      notice: () => {},
    },
  });
  conversation.feed("down", encodePacket(GREETING, 0), 0);
  const login = encodeLogin({
    capabilities: CLIENT_CAPABILITIES,
    user: "u",
    authResponse: new Uint8Array(20),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: {},
  });
  conversation.feed("up", encodePacket(login, 1), 0);
  conversation.feed("down", encodePacket(encodeOk(), 2), 0);
  for (const size of [0xff_fffe, 0xff_ffff, 0x100_0000]) {
    const query = new Uint8Array(size).fill(0x20);
    query.set(UTF8.encode("\x03SELECT 1"));
    conversation.feed("up", encodePacket(query, 0), 0);
    assert(sink.lines.at(-1)!.startsWith(`#1 up 0 ${size} command COM_QUERY SELECT 1`));
    assertEquals(sink.lines.at(-1)!.includes("in 2 parts"), size >= 0xff_ffff);
    conversation.feed("down", encodePacket(encodeOk(), size >= 0xff_ffff ? 2 : 1), 0);
    assertEquals(sink.lines.at(-1), "#1 down " + (size >= 0xff_ffff ? 2 : 1) + " 7 response OK");
  }
  assertEquals(largest, 64 * 1024);
});

Deno.test("damaged bytes never stop a conversation with anything but a shown packet", () => {
  const random = seededRandom(3);
  for (const name of CAPTURES) {
    for (const [number, pieces] of captureBytes(capturePath(name))) {
      for (let round = 0; round < 20; round++) {
        const conversation = new Conversation({ number, sink: new Lines(), record: () => {} });
        for (const { direction, bytes } of pieces) {
          const damaged = bytes.slice();
          if (random() < 0.3) damaged[Math.floor(random() * damaged.length)]! ^= 1 << (round % 8);
          conversation.feed(direction, damaged, 0);
        }
      }
    }
  }
});

Deno.test("a packet out of order is named", () => {
  const { lines } = converse([["down", GREETING, 0], ["up", UTF8.encode("\0\0\0\0\0u\0"), 3]]);
  assert(lines[1]!.includes("sequence id 3 where 1 is due"), lines[1]);
});
