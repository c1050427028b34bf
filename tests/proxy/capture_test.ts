import { assert, assertEquals } from "@std/assert";
import { BinlogdError } from "../../lib/errors.ts";
import { readCapture } from "../../lib/proxy/capture_file.ts";
import { formatIpAddress, parseIpAddress } from "../../lib/proxy/ip_address.ts";
import { PcapngWriter } from "../../lib/proxy/pcapng_writer.ts";
import { Recorder } from "../../lib/proxy/recorder.ts";
import { encodeTcpFrame, internetChecksum, TCP_FLAG } from "../../lib/proxy/tcp_frame.ts";
import { withFolder } from "../_pipeline.ts";
import { seededRandom } from "../_split.ts";
import {
  capturePath,
  CAPTURES,
  captureSegments,
  readSegments,
  type TimedSegment,
} from "./_captures.ts";

const REPLICA = capturePath("mysql97-replica.pcapng");

Deno.test("a recording has right checksums and gives the bytes back, over IPv4 and IPv6", async () => {
  for (const client of ["10.1.2.3:40000", "[2001:db8::7]:40000", "a Unix socket"]) {
    await withFolder((dir) => {
      const path = `${dir}/x.pcapng`;
      const recorder = new Recorder(new PcapngWriter(path, "test"));
      const random = seededRandom(1);
      const sent = { up: [] as number[], down: [] as number[] };
      recorder.open(1, client, "[2001:db8::1]:13306", 1e15);
      for (let i = 0; i < 50; i++) {
        const direction = random() < 0.5 ? "up" : "down";
        const bytes = Uint8Array.from({ length: 1 + random() * 200_000 }, () => random() * 256);
        recorder.bytes(1, direction, bytes, 1e15 + i);
        for (const byte of bytes) sent[direction].push(byte);
        if (random() < 0.5) recorder.flush(1e15 + i);
      }
      recorder.close(1, "down", 1e15 + 99);
      recorder.end();
      const found = { up: [] as number[], down: [] as number[] };
      for (const { timeUs, segment } of captureSegments(path)) {
        assert(timeUs >= 1e15);
        const list = segment.destinationPort === 3306 ? found.up : found.down;
        for (const byte of segment.payload) list.push(byte);
      }
      assertEquals(found.up.length, sent.up.length);
      assert(found.up.every((byte, i) => byte === sent.up[i]));
      assert(found.down.every((byte, i) => byte === sent.down[i]));
      for (const { bytes } of readCapture(path)) {
        if (bytes[14]! >> 4 === 4) assertEquals(internetChecksum(bytes.subarray(14, 34)), 0);
        const v6 = bytes[14]! >> 4 === 6;
        const tcp = bytes.subarray(v6 ? 54 : 34);
        const pseudo = [...bytes.subarray(v6 ? 22 : 26, v6 ? 54 : 34)];
        let sum = 6 + tcp.length;
        for (let i = 0; i < pseudo.length; i += 2) sum += pseudo[i]! * 256 + pseudo[i + 1]!;
        assertEquals(internetChecksum(tcp, sum), 0);
      }
      return Promise.resolve();
    });
  }
});

Deno.test("segments out of order, repeated and overlapping give the same conversation", () => {
  for (const name of CAPTURES) {
    const segments = captureSegments(capturePath(name));
    const expected = readSegments(segments);
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const mixed: TimedSegment[] = [];
      for (const entry of segments) {
        mixed.push(entry);
        const { segment, timeUs } = entry;
        const { payload } = segment;
        if (payload.length < 2) continue;
        const cut = 1 + Math.floor(random() * (payload.length - 1));
        const part = (from: number, to: number): TimedSegment => ({
          timeUs,
          segment: {
            ...segment,
            sequence: (segment.sequence + from) >>> 0,
            payload: payload.subarray(from, to),
          },
        });
        mixed.pop();
        // The halves, the second one first, overlapping, and the whole once more.
        mixed.push(part(cut, payload.length), part(0, Math.min(payload.length, cut + 1)), entry);
      }
      assertEquals(readSegments(mixed), expected, `${name}, seed ${seed}`);
    }
  }
});

Deno.test("what was captured twice, or in another order, is one conversation", () => {
  for (const name of CAPTURES) {
    const segments = captureSegments(capturePath(name));
    const expected = readSegments(segments);
    const twice = segments.flatMap((entry) => [entry, entry]);
    assertEquals(readSegments(twice), expected, name);
    // Again seven segments later, so that some come behind the end of their connection.
    const late = segments.flatMap((entry, i) => {
      const again = segments[i - 7];
      return again && !(again.segment.flags & TCP_FLAG.SYN) ? [entry, again] : [entry];
    });
    assertEquals(readSegments([...late, ...segments.slice(-7)]), expected, name);
    const answerFirst = segments.slice();
    for (let i = 0; i + 1 < answerFirst.length; i++) {
      if (answerFirst[i]!.segment.flags !== TCP_FLAG.SYN) continue;
      [answerFirst[i], answerFirst[i + 1]] = [answerFirst[i + 1]!, answerFirst[i]!];
      i++;
    }
    assertEquals(readSegments(answerFirst), expected, name);
  }
});

Deno.test("sequence numbers that wrap and other TCP streams do not matter", () => {
  const segments = captureSegments(REPLICA);
  const shifted = segments.map(({ timeUs, segment }) => ({
    timeUs,
    segment: { ...segment, sequence: (segment.sequence + 2 ** 32 - 2000) >>> 0 },
  }));
  assertEquals(readSegments(shifted), readSegments(segments));
  const http: TimedSegment[] = segments.map(({ timeUs, segment }) => ({
    timeUs,
    segment: {
      ...segment,
      source: segment.source.replace(":3306", ":80"),
      destination: segment.destination.replace(":3306", ":80"),
      sourcePort: segment.sourcePort === 3306 ? 80 : segment.sourcePort,
      destinationPort: segment.destinationPort === 3306 ? 80 : segment.destinationPort,
      payload: segment.payload.length > 0
        ? new TextEncoder().encode("HTTP/1.1 200 OK")
        : segment.payload,
    },
  }));
  const both = segments.flatMap((entry, i) => [entry, http[i]!]);
  assertEquals(readSegments(both), readSegments(segments));
});

Deno.test("missing bytes are told, and the conversation goes on behind them", () => {
  const segments = captureSegments(REPLICA);
  const first = segments.findIndex(({ segment }) => segment.payload.length > 500);
  const lines = readSegments(segments.filter((_, i) => i !== first));
  const lost = lines.findIndex((line) => / bytes of the server are missing here/.test(line));
  assert(lost > 0, lines.join("\n"));
  assert(
    lines.slice(lost).some((line) => line.includes("HEARTBEAT")),
    lines.slice(lost).join("\n"),
  );
});

Deno.test("a capture that begins in the middle is followed from the next command on", () => {
  const segments = captureSegments(capturePath("mysql97-clients.pcapng"));
  const opens = segments.filter(({ segment }) => segment.flags === TCP_FLAG.SYN);
  const session = opens.at(-2)!.segment.source;
  const own = segments.filter(({ segment }) =>
    segment.source === session || segment.destination === session
  );
  const login = own.findIndex(({ segment }) => segment.payload.length > 100);
  const lines = readSegments(own.slice(login + 6));
  assert(lines[0]!.includes("joined in the middle"), lines.join("\n"));
  assert(
    lines.some((line) => /COM_QUERY +SELECT \* FROM shop/.test(line)),
    lines.join("\n"),
  );
  assert(lines.some((line) => line.includes("| 1  | tea  |")), lines.join("\n"));
});

/** A classic pcap file of some frames. */
function pcap(options: { little: boolean; nano: boolean; linkType: number }, frames: Uint8Array[]) {
  const { little, nano, linkType } = options;
  const size = frames.reduce((sum, frame) => sum + 16 + frame.length, 24);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, nano ? 0xa1b23c4d : 0xa1b2c3d4, little);
  view.setUint32(20, linkType, little);
  let at = 24;
  for (const frame of frames) {
    view.setUint32(at, 1000, little);
    view.setUint32(at + 4, nano ? 7000 : 7, little);
    view.setUint32(at + 8, frame.length, little);
    view.setUint32(at + 12, frame.length, little);
    bytes.set(frame, at + 16);
    at += 16 + frame.length;
  }
  return bytes;
}

Deno.test("pcap of either byte order, and other link types, are read", async () => {
  const ip = Array.from(readCapture(REPLICA), ({ bytes }) => bytes.slice(14));
  const links: [number, Uint8Array][] = [
    [1, Uint8Array.from([...new Array(12).fill(2), 0x81, 0, 0, 5, 8, 0])],
    [0, Uint8Array.of(2, 0, 0, 0)],
    [101, new Uint8Array(0)],
    [113, Uint8Array.from([...new Array(14).fill(0), 8, 0])],
    [276, Uint8Array.from([8, 0, ...new Array(18).fill(0)])],
  ];
  const expected = readSegments(captureSegments(REPLICA));
  await withFolder(async (dir) => {
    for (const [linkType, header] of links) {
      for (const little of [true, false]) {
        for (const nano of [true, false]) {
          const frames = ip.map((packet) => Uint8Array.from([...header, ...packet]));
          const path = `${dir}/x.pcap`;
          await Deno.writeFile(path, pcap({ little, nano, linkType }, frames));
          const segments = captureSegments(path);
          assertEquals(segments[0]!.timeUs, 1000_000_007);
          const lines = readSegments(segments);
          assertEquals(lines.slice(1), expected.slice(1), `link type ${linkType}`);
        }
      }
    }
  });
});

Deno.test("a damaged or cut capture is a typed error or gives fewer packets", async () => {
  const whole = await Deno.readFile(REPLICA);
  const random = seededRandom(9);
  await withFolder(async (dir) => {
    const path = `${dir}/x.pcapng`;
    for (let round = 0; round < 300; round++) {
      const bytes = round % 2 === 0
        ? whole.slice(0, Math.floor(random() * whole.length))
        : whole.slice();
      if (round % 2 === 1) bytes[Math.floor(random() * 2000)]! ^= 1 << (round % 8);
      await Deno.writeFile(path, bytes);
      try {
        readSegments(captureSegments(path));
      } catch (error) {
        assert(error instanceof BinlogdError, String(error));
      }
    }
  });
});

Deno.test("IP addresses go to bytes and back", () => {
  for (
    const text of ["127.0.0.1", "::1", "2001:db8::7", "fe80::1:2:3:4", "1:2:3:4:5:6:7:8", "::"]
  ) {
    assertEquals(formatIpAddress(parseIpAddress(text)!), text);
  }
  assertEquals(parseIpAddress("::ffff:1.2.3.4"), Uint8Array.of(1, 2, 3, 4));
  for (const text of ["", "/tmp/s", "1:2", "host", "1::2::3:4:5:6:7:8:9"]) {
    assertEquals(parseIpAddress(text), undefined);
  }
});

Deno.test("a capture can't be written over", async () => {
  await withFolder((dir) => {
    new PcapngWriter(`${dir}/x.pcapng`, "test").close();
    try {
      new PcapngWriter(`${dir}/x.pcapng`, "test");
      throw new Error("it was written over");
    } catch (error) {
      assert(error instanceof BinlogdError && error.exitCode === 6, String(error));
    }
    assertEquals(
      encodeTcpFrame({
        from: { address: new Uint8Array(4), port: 1 },
        to: { address: new Uint8Array(4), port: 2 },
        sequence: 0,
        acknowledged: 0,
        flags: TCP_FLAG.ACK,
      }, true).length,
      54,
    );
    return Promise.resolve();
  });
});
