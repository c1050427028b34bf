import { assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../../scripts/testbed/has_program.ts";
import { waitUntil } from "../_binlogd.ts";
import { RunningProxy } from "../proxy/_running_proxy.ts";

/** A server that sends back what it gets. */
async function echo(listener: Deno.Listener): Promise<void> {
  for await (const client of listener) {
    client.readable.pipeTo(client.writable).catch(() => {});
  }
}

/** Sends three bytes through the proxy; what comes back. */
async function sendThree(port: number): Promise<number> {
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  let got: number | null = 0;
  const reading = client.read(new Uint8Array(10)).then((size) => got = size, () => {});
  await client.write(Uint8Array.of(1, 2, 3));
  await waitUntil(() => got !== 0);
  await reading;
  return got ?? 0;
}

const prlimit = await hasProgram("prlimit");

Deno.test({
  name: `clients beyond the limit of open files wait${prlimit ? "" : " (skipped: no prlimit)"}`,
  ignore: !prlimit,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = echo(listener);
    await using proxy = await RunningProxy.start(
      "--to",
      `127.0.0.1:${listener.addr.port}`,
      "--no-print",
    );
    const { success } = await new Deno.Command("prlimit", {
      args: ["--pid", String(proxy.pid), "--nofile=80:80"],
    }).output();
    assertEquals(success, true);
    const clients: Deno.Conn[] = [];
    for (let i = 0; i < 100; i++) {
      clients.push(await Deno.connect({ hostname: "127.0.0.1", port: proxy.port }));
    }
    await waitUntil(() => proxy.log.includes("clients can't be accepted"), 60_000, () => proxy.log);
    assertStringIncludes(proxy.log, "Too many open files");
    for (const client of clients) client.close();
    assertEquals(await sendThree(proxy.port), 3);
    listener.close();
    await serving.catch(() => {});
  },
});

/** The lowest descriptor a process has free. */
function lowestFree(pid: number): number {
  const used = new Set(Array.from(Deno.readDirSync(`/proc/${pid}/fd`), ({ name }) => Number(name)));
  let free = 0;
  while (used.has(free)) free++;
  return free;
}

async function limitFiles(pid: number, limit: number): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${limit}:`];
  assertEquals((await new Deno.Command("prlimit", { args }).output()).success, true);
}

Deno.test({
  name: `a client that took the last file waits for the server's${
    prlimit ? "" : " (skipped: no prlimit)"
  }`,
  ignore: !prlimit,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = echo(listener);
    await using proxy = await RunningProxy.start(
      "--to",
      `127.0.0.1:${listener.addr.port}`,
      "--no-print",
    );
    const free = lowestFree(proxy.pid);
    await limitFiles(proxy.pid, free + 1);
    const sending = sendThree(proxy.port);
    await waitUntil(() => lowestFree(proxy.pid) > free);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await limitFiles(proxy.pid, 1000);
    assertEquals(await sending, 3);
    listener.close();
    await serving.catch(() => {});
  },
});

Deno.test("a thousand connections at once are forwarded", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = echo(listener);
  await using proxy = await RunningProxy.start("--to", `127.0.0.1:${listener.addr.port}`);
  const clients: Deno.Conn[] = [];
  for (let i = 0; i < 1000; i++) {
    clients.push(await Deno.connect({ hostname: "127.0.0.1", port: proxy.port }));
  }
  await Promise.all(clients.map(async (client, i) => {
    const sent = Uint8Array.of(2, 0, 0, 0, i & 0xff, i >> 8);
    await client.write(sent);
    const got = new Uint8Array(6);
    for (let size = 0; size < 6;) size += await client.read(got.subarray(size)) ?? Infinity;
    assertEquals(got, sent);
    client.close();
  }));
  await proxy.printed("#1000 --");
  listener.close();
  await serving.catch(() => {});
});
