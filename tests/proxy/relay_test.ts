import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import { formatEndpoint, parseEndpoint } from "../../lib/proxy/endpoint.ts";
import { parseFault } from "../../lib/proxy/fault_plan.ts";
import { listenOn } from "../../lib/proxy/listen.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { waitUntil } from "../_binlogd.ts";

const PACKETS = [3, 0, 5000, 1].map((size, i) => encodePacket(new Uint8Array(size).fill(i + 1), i));

function joined(parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((part) => [...part]);
}

/** What a client gets through a relay with faults from a server that sends the packets and closes. */
async function received(...faults: string[]): Promise<{ bytes: number[]; ms: number }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const client = await listener.accept();
    try {
      await client.read(new Uint8Array(100));
      await writeAll(client, Uint8Array.from(joined(PACKETS)));
    } finally {
      client.close();
    }
  })();
  const relay = Relay.listen({
    target: { port: listener.addr.port },
    faults: faults.map(parseFault),
    seed: 3,
  });
  const start = performance.now();
  const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
  const bytes: number[] = [];
  try {
    await client.write(Uint8Array.of(1, 2, 3));
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const size = await client.read(buffer).catch(() => null);
      if (size === null) break;
      bytes.push(...buffer.subarray(0, size));
    }
  } finally {
    client.close();
    relay.stop();
    await serving.catch(() => {});
    listener.close();
  }
  return { bytes, ms: performance.now() - start };
}

Deno.test("a connection that is just being made is cut with the others", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relay = Relay.listen({ target: { port: listener.addr.port } });
  try {
    using client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    let ended = false;
    const reading = client.read(new Uint8Array(1)).catch(() => null).then((size) => {
      ended = size === null;
    });
    while (relay.connections === 0) await new Promise((resolve) => setTimeout(resolve));
    relay.cutAll();
    await waitUntil(() => ended);
    await reading;
  } finally {
    relay.stop();
  }
});

Deno.test("a relay without faults forwards every byte", async () => {
  assertEquals((await received()).bytes, joined(PACKETS));
});

Deno.test("split and delay change the time, not the bytes", async () => {
  const { bytes } = await received("split:7", "delay:2", "delay:1,dir=up");
  assertEquals(bytes, joined(PACKETS));
});

Deno.test("cut ends the connection after so many bytes", async () => {
  for (const at of [0, 1, 6, 7, 2000]) {
    assertEquals((await received(`cut=${at}`)).bytes, joined(PACKETS).slice(0, at));
  }
});

Deno.test("flip changes one bit", async () => {
  const expected = joined(PACKETS);
  expected[100]! ^= 1 << (100 % 8);
  assertEquals((await received("flip=100")).bytes, expected);
});

Deno.test("stall waits at its byte", async () => {
  const { bytes, ms } = await received("stall=50:300");
  assertEquals(bytes, joined(PACKETS));
  assert(ms >= 290, `${ms} ms`);
});

Deno.test("each of several stalls waits at its byte", async () => {
  const { bytes, ms } = await received("stall=60:200", "stall=50:200");
  assertEquals(bytes, joined(PACKETS));
  assert(ms >= 390, `${ms} ms`);
});

Deno.test("drop takes the k-th packet out, whatever its size", async () => {
  for (const [i] of PACKETS.entries()) {
    const { bytes } = await received(`drop=${i + 1}`, "split:9");
    assertEquals(bytes, joined(PACKETS.filter((_, j) => j !== i)));
  }
});

Deno.test("a fault that can't be read is a usage error", () => {
  const wrong = ["", "cut=x", "melt=3", "drop", "drop=0", "cut=1,dir=left", "toString", "cut=1,"];
  // A number in the wrong place would be another fault than was meant.
  wrong.push("cut", "cut:5", "cut=1:2", "flip", "flip:3", "stall", "stall:300", "split=7", "split");
  wrong.push("split:0", "delay=50", "delay", "delay:-1", "drop:2", "drop=2:3", "delay:9999999999");
  wrong.push("stall=1:9999999999", "cut=99999999999999999999");
  for (const text of wrong) assertThrows(() => parseFault(text), UsageError, "fault", text);
  assertEquals(parseFault("stall=0:7,dir=up"), {
    kind: "stall",
    direction: "up",
    at: 0,
    amount: 7,
  });
  assertEquals(parseFault("stall=5").amount, Infinity);
  assertEquals(parseFault("delay:20").amount, 20);
});

/** All bytes that come until the end of the connection. */
async function readAll(conn: Deno.Conn): Promise<number[]> {
  const bytes: number[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const size = await conn.read(buffer);
    if (size === null) return bytes;
    for (const byte of buffer.subarray(0, size)) bytes.push(byte);
  }
}

Deno.test("an end that says no more still gets what the other one says", async () => {
  const data = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
  const dir = await Deno.makeTempDir();
  try {
    for (const transport of ["tcp", "unix"] as const) {
      const at = transport === "tcp"
        ? { hostname: "127.0.0.1", port: 0 }
        : { socket: `${dir}/server` };
      using listener = listenOn(at);
      const target = "socket" in at ? at : { port: (listener.addr as Deno.NetAddr).port };
      const closed: string[] = [];
      const relay = Relay.listen({ target, onClose: (_, by) => closed.push(by) });
      try {
        for (const first of ["up", "down"] as const) {
          const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
          const server = await listener.accept();
          const [speaker, other] = first === "up" ? [client, server] : [server, client];
          await speaker.closeWrite();
          assertEquals(await readAll(other), []);
          const got = readAll(speaker);
          await writeAll(other, data);
          other.close();
          assertEquals((await got).length, data.length);
          speaker.close();
          await waitUntil(() => closed.length > 0);
          assertEquals(closed.splice(0), [first]);
        }
      } finally {
        relay.stop();
      }
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a connection that is cut ends what waits in it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const fault of ["stall=0", "stall=0:100000000", "delay:100000000"]) {
    const closed: string[] = [];
    const relay = Relay.listen({
      target: { port: listener.addr.port },
      faults: [parseFault(fault)],
      onClose: (_, by) => closed.push(by),
    });
    const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    const server = await listener.accept();
    await writeAll(server, Uint8Array.of(1));
    client.close();
    await waitUntil(() => closed.length > 0, 60_000, () => fault);
    server.close();
    relay.stop();
  }
});

Deno.test("addresses are read as they are written", () => {
  for (const text of ["127.0.0.1:3308", "[::1]:3308", "db1:3306", "/tmp/s"]) {
    assertEquals(formatEndpoint(parseEndpoint(text)), text);
  }
  assertEquals(parseEndpoint("3308"), { hostname: "127.0.0.1", port: 3308 });
  assertEquals(parseEndpoint(":3308"), { hostname: "127.0.0.1", port: 3308 });
  assertEquals(parseEndpoint("db1"), { hostname: "db1", port: 3306 });
  for (const text of ["", "a:b", "host:99999", "::1"]) {
    assertThrows(() => parseEndpoint(text), UsageError);
  }
});
