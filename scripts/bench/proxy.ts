/**
 * Throughput and added latency of `binlogd proxy`: `deno task bench:proxy [--size=4G]
 * [--runs=5]`. A server process streams binlog events of 4 KiB; a client counts the bytes, straight
 * and through the proxy; then COM_PING goes back and forth.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseSize } from "../../lib/cli/option_values.ts";
import { EVENT_TYPE } from "../../lib/binlog/event_type.ts";
import { encodeEventHeader } from "../../lib/binlog/event_header.ts";
import { ByteWriter } from "../../lib/bytes/byte_writer.ts";
import { encodeBinlogDump } from "../../lib/protocol/binlog_dump.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import { CLIENT_CAPABILITIES, SERVER_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { COMMAND } from "../../lib/protocol/commands.ts";
import { encodeGreeting, encodeLogin } from "../../lib/protocol/handshake.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { PacketChannel } from "../../lib/protocol/packet_channel.ts";
import { encodeOk } from "../../lib/protocol/response.ts";
import { RunningProxy } from "../../tests/proxy/_running_proxy.ts";
import { median } from "./measure.ts";

const EVENT_SIZE = 4096;
const PINGS = 3000;
const flags = parseArgs(Deno.args, { string: ["size", "runs", "serve"] });
const size = parseSize(String(flags.size ?? "4G"))!;
const runs = Number(flags.runs ?? 5);

/** 256 packets, so that sequence ids go round once; each holds one event. */
function eventPackets(): Uint8Array {
  const writer = new ByteWriter(2 ** 20 + 8192);
  for (let i = 1; i <= 256; i++) {
    const event = new ByteWriter(EVENT_SIZE);
    encodeEventHeader(event, {
      timestamp: 1,
      eventType: EVENT_TYPE.WRITE_ROWS_EVENT,
      serverId: 1,
      eventSize: EVENT_SIZE,
      logPos: 0,
      flags: 0,
    });
    event.zeros(EVENT_SIZE - event.length);
    writer.bytes(encodePacket(new ByteWriter(EVENT_SIZE).u8(0).bytes(event.done()).done(), i));
  }
  return writer.done().slice();
}

/** The server: a login that accepts all, events without end for a dump, OK for a ping. */
async function serve(): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  Deno.stdout.writeSync(new TextEncoder().encode(`${listener.addr.port}\n`));
  const packets = eventPackets();
  for await (const client of listener) {
    client.setNoDelay(true);
    (async () => {
      const channel = new PacketChannel(client);
      await channel.write(encodeGreeting({
        serverVersion: "9.7.4",
        connectionId: 1,
        scramble: new Uint8Array(20).fill(65),
        capabilities: SERVER_CAPABILITIES,
        charset: 45,
        status: 2,
        authPlugin: "mysql_native_password",
      }));
      await channel.read();
      await channel.write(encodeOk());
      for (;;) {
        channel.sequence = 0;
        const command = await channel.tryRead();
        if (!command) break;
        if (command[0] === COMMAND.COM_BINLOG_DUMP) { for (;;) await writeAll(client, packets); }
        await channel.write(encodeOk());
      }
    })().catch(() => {});
  }
}

async function connect(port: number): Promise<{ stream: Deno.TcpConn; channel: PacketChannel }> {
  const stream = await Deno.connect({ hostname: "127.0.0.1", port });
  stream.setNoDelay(true);
  const channel = new PacketChannel(stream);
  await channel.read();
  await channel.write(encodeLogin({
    capabilities: CLIENT_CAPABILITIES,
    user: "bench",
    authResponse: new Uint8Array(20),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: {},
  }));
  await channel.read();
  return { stream, channel };
}

/** MB/s (10^6) of one connection. */
async function throughput(port: number): Promise<number> {
  const { stream, channel } = await connect(port);
  await channel.writeCommand(
    encodeBinlogDump({ position: 4, flags: 0, serverId: 1, file: "binlog.000001" }),
  );
  const buffer = new Uint8Array(1024 * 1024);
  const start = performance.now();
  let bytes = 0;
  while (bytes < size) bytes += (await stream.read(buffer)) ?? Infinity;
  const seconds = (performance.now() - start) / 1000;
  stream.close();
  return bytes / seconds / 1e6;
}

/** Microseconds of a COM_PING and its answer, at the median. */
async function latency(port: number): Promise<number> {
  const { stream, channel } = await connect(port);
  const ping = Uint8Array.of(COMMAND.COM_PING);
  const times: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const start = performance.now();
    await channel.writeCommand(ping);
    await channel.read();
    times.push((performance.now() - start) * 1000);
  }
  stream.close();
  return median(times.slice(PINGS / 10));
}

/** CPU seconds and peak memory (MiB) of a process so far. */
async function usage(pid: number): Promise<{ cpu: number; rss: number }> {
  const stat = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const rss = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, rss };
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function run(): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL(import.meta.url).pathname, "--serve=1"],
    stdout: "piped",
  }).spawn();
  const reader = server.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value));
  const capture = "/dev/shm/binlogd-bench.pcapng";
  const ways: [string, string[] | undefined][] = [
    ["straight", undefined],
    ["proxy --no-print", ["--no-print"]],
    ["proxy --no-print --record", ["--no-print", "--record", capture]],
  ];
  const direct: number[] = [];
  try {
    for (const [name, args] of ways) {
      const speeds: number[] = [];
      const times: number[] = [];
      const costs: number[] = [];
      let rss = 0;
      for (let i = 0; i < runs; i++) {
        await Deno.remove(capture).catch(() => {});
        const proxy = args && await RunningProxy.start("--to", `127.0.0.1:${port}`, ...args);
        try {
          const before = proxy ? (await usage(proxy.pid)).cpu : 0;
          speeds.push(await throughput(proxy?.port ?? port));
          if (proxy) {
            const after = await usage(proxy.pid);
            costs.push((after.cpu - before) / (size / 1e9));
            rss = Math.max(rss, after.rss);
          }
          times.push(await latency(proxy?.port ?? port));
        } finally {
          await proxy?.stop();
        }
      }
      if (args === undefined) direct.push(median(times));
      const added = args === undefined
        ? ""
        : `, ${(median(times) - direct[0]!).toFixed(0)} more; ${
          median(costs).toFixed(2)
        } s of CPU a GB, ${rss.toFixed(0)} MiB at most`;
      print(
        `${name.padEnd(26)} ${median(speeds).toFixed(0).padStart(6)} MB/s, round trip ${
          median(times).toFixed(0)
        } µs${added}`,
      );
    }
  } finally {
    server.kill("SIGKILL");
    await server.status;
    await Deno.remove(capture).catch(() => {});
  }
}

if (flags.serve === undefined) {
  await run();
  Deno.exit(0);
} else await serve();
