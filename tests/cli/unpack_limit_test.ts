/** What a few bytes unpack to is never all in memory. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concat } from "@std/bytes";
import * as zlib from "node:zlib";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import {
  CAPABILITY,
  CLIENT_CAPABILITIES,
  SERVER_CAPABILITIES,
} from "../../lib/protocol/capabilities.ts";
import { encodeLogin } from "../../lib/protocol/handshake.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { binlogdCommand, waitUntil } from "../_binlogd.ts";
import { FileBuilder } from "../_events.ts";
import { withFolder } from "../_pipeline.ts";
import { RunningProxy } from "../proxy/_running_proxy.ts";
import { ScriptedServer } from "../source/_scripted_server.ts";

const BOMB_SIZE = 600_000_000;
const BLOB_COMPRESSED = 140;
/** What is packed says that this many bytes come out. */
const SAID = Uint8Array.of(0x81, 100);

/** Memory that a process has taken at most, in bytes; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Prints events; `peak` is the memory that took at most. */
async function printEvents(...args: string[]): Promise<{ text: string; peak: number }> {
  const child = binlogdCommand(["events", "--json", ...args]).spawn();
  let peak = 0;
  const timer = setInterval(() => peak = Math.max(peak, peakOf(child.pid)), 10);
  const { code, stdout, stderr } = await child.output();
  clearInterval(timer);
  const decoder = new TextDecoder();
  assert(code < 100, decoder.decode(stderr));
  return { text: decoder.decode(stdout) + decoder.decode(stderr), peak };
}

/** A file of MariaDB with a statement, rows and a column that are packed so. */
function packedFiles(packed: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const content = concat([SAID, packed]);
  const start = (): FileBuilder => new FileBuilder("binlog.000001").format("10.11.6-MariaDB-log");
  const statement = new ByteWriter(content.length + 64).u32(1).u32(0).u8(1).u16(0).u16(0).text("d")
    .u8(0).bytes(content);
  const map = new ByteWriter().u32(1).u16(0).u16(1).u8(1).text("d").u8(0).u8(1).text("t").u8(0)
    .lenenc(1).u8(BLOB_COMPRESSED).lenenc(1).u8(4).u8(1);
  const rows = (): ByteWriter =>
    new ByteWriter(content.length + 64).u32(1).u16(0).u16(1).lenenc(1).u8(255);
  const cell = rows().u8(0).u32(content.length).bytes(content);
  return [
    start().add(EVENT_TYPE.QUERY_COMPRESSED_EVENT, statement.done()),
    start().add(EVENT_TYPE.TABLE_MAP_EVENT, map.done())
      .add(EVENT_TYPE.WRITE_ROWS_COMPRESSED_EVENT_V1, rows().bytes(content).done()),
    start().add(EVENT_TYPE.TABLE_MAP_EVENT, map.done())
      .add(EVENT_TYPE.WRITE_ROWS_EVENT_V1, cell.done()),
  ].map((file) => file.bytes());
}

Deno.test({
  name: "a statement, rows or a column that unpack to more than they say take no memory for it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const few = packedFiles(zlib.deflateSync(new Uint8Array(101)));
    const many = packedFiles(zlib.deflateSync(new Uint8Array(BOMB_SIZE)));
    await withFolder(async (dir) => {
      const path = `${dir}/binlog.000001`;
      for (let i = 0; i < few.length; i++) {
        await Deno.writeFile(path, few[i]!);
        const small = await printEvents(path);
        await Deno.writeFile(path, many[i]!);
        const large = await printEvents(path);
        assert(small.peak > 0 && large.peak > 0);
        const more = large.peak - small.peak;
        assert(more < BOMB_SIZE / 4, `file ${i}: ${more} bytes more`);
        for (const { text } of [small, large]) {
          assertStringIncludes(text, "stream is damaged");
          assertEquals(/\d bytes came out/.test(text), false, text);
        }
      }
    });
  },
});

/** A frame of the compressed protocol that says that 100 bytes come out. */
function packedFrame(size: number): Uint8Array {
  const packed = zlib.deflateSync(new Uint8Array(size));
  const size3 = (value: number): Uint8Array => new ByteWriter().u32(value).done().subarray(0, 3);
  return concat([size3(packed.length), Uint8Array.of(1), size3(100), packed]);
}

/** Logs each client in, and answers what it asks first with `answer`, if there is one. */
function serve(answer?: Uint8Array): Deno.TcpListener {
  const capabilities = (SERVER_CAPABILITIES | CAPABILITY.CLIENT_COMPRESS) & ~CAPABILITY.CLIENT_SSL;
  const follow = async (conn: Deno.Conn): Promise<void> => {
    const server = new ScriptedServer(conn);
    await server.greet({ capabilities });
    await server.ok();
    const asked = new Uint8Array(1000);
    for (let read = await conn.read(asked); read; read = await conn.read(asked)) {
      if (answer) await writeAll(conn, answer);
    }
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    // A client that leaves in the middle is no failure.
    for await (const conn of listener) follow(conn).catch(() => {}).finally(() => conn.close());
  })();
  return listener;
}

Deno.test({
  name: "frames of a source that unpack to more than they say take no memory for it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const peaks: number[] = [];
    for (const size of [101, BOMB_SIZE]) {
      using server = serve(packedFrame(size));
      const { text, peak } = await printEvents(
        `mysql://repl@127.0.0.1:${server.addr.port}`,
        "--ssl-mode=DISABLED",
        "--compression-algorithms=zlib",
      );
      assertStringIncludes(text, "compressed packet: damaged");
      peaks.push(peak);
    }
    assert(peaks[1]! - peaks[0]! < BOMB_SIZE / 4, `${peaks}`);
  },
});

Deno.test({
  name: "frames through a proxy that unpack to more than they say take no memory for it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    using server = serve();
    const proxy = await RunningProxy.start("--to", `127.0.0.1:${server.addr.port}`);
    try {
      const peaks: number[] = [];
      for (const size of [101, BOMB_SIZE]) {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
        const channel = new PacketChannel(conn);
        await channel.read();
        await channel.write(encodeLogin({
          capabilities: CLIENT_CAPABILITIES | CAPABILITY.CLIENT_COMPRESS,
          user: "repl",
          authResponse: new Uint8Array(20),
          database: "",
          authPlugin: "caching_sha2_password",
          attributes: {},
        }));
        await channel.read();
        await writeAll(conn, packedFrame(size));
        const told = (): number => (proxy.output + proxy.log).split("packet: damaged").length - 1;
        await waitUntil(() => told() > peaks.length, 20_000, () => proxy.output + proxy.log);
        peaks.push(peakOf(proxy.pid));
      }
      assert(peaks[1]! - peaks[0]! < BOMB_SIZE / 4, `${peaks}`);
    } finally {
      await proxy.stop();
    }
  },
});
