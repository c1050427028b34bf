import { assertEquals, assertStringIncludes } from "@std/assert";
import { waitUntil } from "../_binlogd.ts";
import { CAN_LIMIT_FILES, limitFiles, withLastFile } from "../_limit_files.ts";
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

const SKIPPED = CAN_LIMIT_FILES ? "" : " (skipped: no prlimit)";

Deno.test({
  name: `clients beyond the limit of open files wait${SKIPPED}`,
  ignore: !CAN_LIMIT_FILES,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = echo(listener);
    await using proxy = await RunningProxy.start(
      "--to",
      `127.0.0.1:${listener.addr.port}`,
      "--no-print",
    );
    await limitFiles(proxy.pid, 80, true);
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

Deno.test({
  name: `a client that took the last file waits for the server's${SKIPPED}`,
  ignore: !CAN_LIMIT_FILES,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = echo(listener);
    const to = `127.0.0.1:${listener.addr.port}`;
    await using proxy = await RunningProxy.start("--to", to, "--no-print");
    assertEquals(await withLastFile(proxy.pid, () => sendThree(proxy.port)), 3);
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
