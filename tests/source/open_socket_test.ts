/** Which addresses of a host name are tried, and for how long. */
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { ConnectionError } from "../../lib/errors.ts";
import { openSocket } from "../../lib/source/open_socket.ts";
import type { SourceOptions } from "../../lib/source/source_options.ts";

const NAMES: Record<string, string[]> = {
  "two.test": ["::1", "127.0.0.1"],
  "dead.test": ["::1", "::2", "::3"],
  "one.test": ["::1"],
};

/** A network where only 127.0.0.1 answers; `tried` are the places, `closed` counts connections. */
function makeNetwork(
  onTry: (name: string) => void = () => {},
): Parameters<typeof openSocket>[2] & { tried: string[]; closed: number } {
  const network = {
    tried: [] as string[],
    closed: 0,
    connect(place: { hostname: string } | { path: string }) {
      const name = "path" in place ? place.path : place.hostname;
      network.tried.push(name);
      onTry(name);
      const conn = { name, close: () => network.closed++ } as unknown as Deno.TcpConn;
      return new Promise<Deno.TcpConn>((resolve) => {
        if (name === "127.0.0.1") resolve(conn);
        if (name === "late.test") setTimeout(resolve, 60, conn);
      });
    },
    addressesInTurn: (host: string) =>
      host in NAMES ? Promise.resolve(NAMES[host]!) : Promise.reject(new Error("ENOTFOUND")),
  };
  return network;
}

function optionsOf(place: Partial<SourceOptions>): SourceOptions {
  return {
    user: "repl",
    sslMode: "DISABLED",
    getServerPublicKey: false,
    connectTimeoutMs: 30,
    ...place,
  };
}

const { signal } = new AbortController();

Deno.test("an address that is silent takes no time from the others of its name", async () => {
  const network = makeNetwork();
  const conn = await openSocket(optionsOf({ host: "two.test" }), signal, network);
  assertEquals((conn as unknown as { name: string }).name, "127.0.0.1");
  assertEquals(network.tried, ["two.test", "127.0.0.1"]);
});

Deno.test("each address of a name is tried once, and a place without others is given up", async () => {
  const all = ["dead.test", "::2", "::3", "::1"];
  const places: [Partial<SourceOptions>, string, string[]][] = [
    [{ host: "dead.test", port: 7 }, "dead.test:7", all],
    [{ host: "one.test" }, "one.test:3306", ["one.test"]],
    [{ host: "unknown.test" }, "unknown.test:3306", ["unknown.test"]],
    [{ host: "10.0.0.1" }, "10.0.0.1:3306", ["10.0.0.1"]],
    [{ host: "::5" }, "[::5]:3306", ["::5"]],
    [{ socket: "/run/s" }, "/run/s", ["/run/s"]],
  ];
  for (const [place, address, tried] of places) {
    const network = makeNetwork();
    const error = await openSocket(optionsOf(place), signal, network).catch((error) => error);
    assertInstanceOf(error, ConnectionError);
    assertEquals(error.message, `Cannot connect to ${address}: no answer within 30 ms`);
    assertEquals(network.tried, tried);
  }
});

Deno.test("an abort ends the tries at any of them", async () => {
  for (const tried of [["dead.test"], ["dead.test", "::2"], ["dead.test", "::2", "::3", "::1"]]) {
    const stop = new AbortController();
    const reason = new Error("SIGTERM");
    const network = makeNetwork((name) => name === tried.at(-1) && stop.abort(reason));
    const options = optionsOf({ host: "dead.test" });
    const error = await openSocket(options, stop.signal, network).catch((error) => error);
    assertEquals([error, network.tried], [reason, tried]);
  }
});

Deno.test("a connection that comes too late is closed", async () => {
  const network = makeNetwork();
  const opening = () => openSocket(optionsOf({ host: "late.test" }), signal, network);
  const error = await assertRejects(opening, ConnectionError);
  assertStringIncludes(error.message, "no answer within 30 ms");
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(network.closed, 1);
});
