import { assert, assertEquals } from "@std/assert";
import { openRelay } from "../../lib/source/loopback_relay.ts";
import { writeAll } from "../../lib/protocol/byte_stream.ts";
import { waitUntil } from "../_binlogd.ts";

const HOST = "127.0.0.1";

/** A connection, its other end, and a client that came to it through a relay. */
async function connectThrough(): Promise<
  { far: Deno.TcpConn; client: Deno.TcpConn; conn: Deno.TcpConn }
> {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  const accepted = listener.accept();
  const conn = await Deno.connect({ hostname: HOST, port: listener.addr.port });
  const relay = openRelay(conn);
  const client = await Deno.connect({ hostname: HOST, port: relay.port });
  await relay.serve(client.localAddr.port);
  return { far: await accepted, client, conn };
}

async function readFully(conn: Deno.TcpConn, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const read = await conn.read(bytes.subarray(at));
    assert(read, `ended at ${at} of ${size}`);
    at += read;
  }
  return bytes;
}

Deno.test("bytes go both ways as they are, and an end is passed on", async () => {
  const { far, client } = await connectThrough();
  const sent = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 131 + (i >> 9)) & 255);
  for (const [from, to] of [[client, far], [far, client]] as const) {
    const [got] = await Promise.all([readFully(to, sent.length), writeAll(from, sent)]);
    assertEquals(got, sent);
  }
  far.close();
  assertEquals(await client.read(new Uint8Array(1)).catch(() => null), null);
  client.close();
});

Deno.test("a client that goes away takes the connection along", async () => {
  const { far, client } = await connectThrough();
  client.close();
  assertEquals(await far.read(new Uint8Array(1)).catch(() => null), null);
  far.close();
});

Deno.test("a client that goes away closes a far side that says nothing any more", async () => {
  const { far, client, conn } = await connectThrough();
  client.close();
  // The far side is left open; our connection to it is not.
  const isClosed = (): Promise<boolean> =>
    conn.write(new Uint8Array(1)).then(
      () => false,
      (error) => error instanceof Deno.errors.BadResource,
    );
  await waitUntil(isClosed);
  far.close();
});

Deno.test("nobody else on the machine gets in", async () => {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  const accepted = listener.accept();
  const conn = await Deno.connect({ hostname: HOST, port: listener.addr.port });
  const relay = openRelay(conn);
  const stranger = await Deno.connect({ hostname: HOST, port: relay.port });
  const client = await Deno.connect({ hostname: HOST, port: relay.port });
  await relay.serve(client.localAddr.port);
  assertEquals(await stranger.read(new Uint8Array(1)).catch(() => null), null);
  const far = await accepted;
  await writeAll(client, new Uint8Array([7]));
  assertEquals(await readFully(far, 1), new Uint8Array([7]));
  for (const one of [stranger, client, far]) one.close();
});
