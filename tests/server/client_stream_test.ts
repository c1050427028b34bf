/** The end of a connection: what was written before it arrives, plain and over TLS. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { ClientStream, type ServedStream } from "../../lib/server/client_stream.ts";
import { makeCertificate } from "../../lib/server/self_made_certificate.ts";
import { TlsRelay } from "../../lib/server/tls_relay.ts";
import { type ByteStream, writeAll } from "../../lib/protocol/byte_stream.ts";
import { SOON_MS, withLongLimit } from "./_long_limit.ts";

/** More than passes at once anywhere, and less than the operating system takes unread. */
const SIZE = 3 * 1024 * 1024;
/** Shorter than the limit. */
const SHORT_MS = 1500;
/** Longer than the limit. */
const LONG_MS = 2500;

/** Both ends of a connection; what the server's leads to is not closed by the test. */
interface Ends {
  client: ByteStream;
  served: ServedStream;
}

async function plainEnds(): Promise<{ client: Deno.TcpConn; served: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [served, client] = await Promise.all([
    listener.accept(),
    Deno.connect({ hostname: "127.0.0.1", port }),
  ]);
  return { client, served };
}

async function tlsEnds(relay: TlsRelay): Promise<Ends> {
  const plain = await plainEnds();
  const hostname = "no-verify.invalid";
  const [client, served] = await Promise.all([
    Deno.startTls(plain.client, { hostname }).then(async (tls) => {
      await tls.handshake();
      return tls;
    }),
    relay.upgrade(plain.served, new Uint8Array()),
  ]);
  return { client, served };
}

/** Registers a test for a plain connection and one for TLS. */
function bothWays(name: string, work: (ends: Ends) => Promise<void>): void {
  Deno.test(`${name}, plain`, async () => await work(await plainEnds()));
  Deno.test(`${name}, over TLS`, async () => {
    const relay = new TlsRelay(await makeCertificate("test"));
    try {
      await work(await tlsEnds(relay));
    } finally {
      relay.close();
    }
  });
}

/** As {@link bothWays}, for what does not wait for the limit. */
function promptly(name: string, work: (ends: Ends) => Promise<void>): void {
  bothWays(name, (ends) => withLongLimit(() => work(ends)));
}

/** Bytes up to the end. */
async function readAll(stream: ByteStream): Promise<number> {
  const buffer = new Uint8Array(100_000);
  let size = 0;
  for (let read; (read = await stream.read(buffer));) size += read;
  return size;
}

async function elapsed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

promptly("a client that reads late gets everything to the end", async ({ client, served }) => {
  await writeAll(served, new Uint8Array(SIZE));
  const leaving = new ClientStream(served).leave();
  assertEquals(await readAll(client), SIZE);
  client.close();
  assertLess(await elapsed(leaving), SOON_MS);
});

bothWays("a client may take longer over it than the limit", async ({ client, served }) => {
  // Over TLS, all of it is with the relay and the operating system by then.
  const ended = writeAll(served, new Uint8Array(2 * SIZE)).then(() =>
    new ClientStream(served).leave()
  );
  await new Promise((resolve) => setTimeout(resolve, LONG_MS));
  assertEquals(await readAll(client), 2 * SIZE);
  client.close();
  await ended;
});

bothWays("a read that is under way does not hurt the end", async ({ client, served }) => {
  const reading = served.read(new Uint8Array(10)).catch(() => null);
  await writeAll(served, new Uint8Array(SIZE));
  const leaving = new ClientStream(served).leave();
  assertEquals(await readAll(client), SIZE);
  client.close();
  await leaving;
  assertEquals(await reading, null);
});

promptly(
  "who is sent away is not waited for, and gets all the same",
  async ({ client, served }) => {
    await writeAll(served, new Uint8Array(SIZE));
    const stream = new ClientStream(served);
    stream.sendAway();
    assertLess(await elapsed(stream.leave()), SOON_MS);
    await assertRejects(() => served.write(new Uint8Array(1)));
    assertEquals(await readAll(client), SIZE);
    client.close();
  },
);

promptly("who is sent away while it leaves is not waited for", async ({ client, served }) => {
  await writeAll(served, new Uint8Array(SIZE));
  const stream = new ClientStream(served);
  const leaving = stream.leave();
  assertEquals(await readAll(client), SIZE);
  stream.sendAway();
  assertLess(await elapsed(leaving), SOON_MS);
  client.close();
});

bothWays("a client that never leaves is left at the limit", async ({ client, served }) => {
  await writeAll(served, new Uint8Array(10));
  const ms = elapsed(new ClientStream(served).leave());
  assertEquals(await readAll(client), 10);
  assertGreater(await ms, SHORT_MS);
  assertLess(await ms, SOON_MS);
  client.close();
});

bothWays("a write that a client holds up ends at the limit", async ({ client, served }) => {
  let written = 0;
  const writing = (async () => {
    for (;;) written += await served.write(new Uint8Array(65536));
  })();
  const failing = assertRejects(() => writing);
  for (let before = -1; before !== written;) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stream = new ClientStream(served);
  stream.sendAway();
  assertLess(await elapsed(stream.leave()), SOON_MS);
  await failing;
  client.close();
});

promptly("a client that leaves in the middle ends it", async ({ client, served }) => {
  const stream = new ClientStream(served);
  const writing = assertRejects(async () => {
    for (;;) await writeAll(served, new Uint8Array(65536));
  });
  assert(await client.read(new Uint8Array(1000)));
  client.close();
  await writing;
  assertLess(await elapsed(stream.leave()), SOON_MS);
});

Deno.test("a connection that ended while TLS was begun takes it along", async () => {
  const { client, served } = await plainEnds();
  const stream = new ClientStream(served);
  stream.close();
  const other = await plainEnds();
  stream.replace(other.served);
  assertEquals(await readAll(other.client), 0);
  await stream.leave();
  for (const conn of [client, other.client]) conn.close();
});

Deno.test("a client that can't agree on TLS is told why", async () => {
  const relay = new TlsRelay(await makeCertificate("test"));
  const { client, served } = await plainEnds();
  // The beginning of something that is no TLS.
  await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await assertRejects(() => relay.upgrade(served, new Uint8Array()), Error, "TLS with the client");
  const answer = new Uint8Array(100);
  const read = await client.read(answer) ?? 0;
  const ALERT = 21;
  assertEquals([read > 0, answer[0]], [true, ALERT]);
  client.close();
  relay.close();
});
