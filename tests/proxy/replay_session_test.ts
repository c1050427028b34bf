import { assert, assertEquals } from "@std/assert";
import { CLIENT_CAPABILITIES } from "../../lib/protocol/capabilities.ts";
import { encodeLogin } from "../../lib/protocol/handshake.ts";
import { encodePacket } from "../../lib/protocol/packet.ts";
import { encodeOk } from "../../lib/protocol/response.ts";
import type { Direction } from "../../lib/proxy/packet_view.ts";
import { ReplaySession } from "../../lib/proxy/replay_session.ts";
import type { ScriptStep } from "../../lib/proxy/replay_script.ts";
import { GREETING } from "./_converse.ts";

const UTF8 = new TextEncoder();

/** What the client of a conversation sends: login, COM_CHANGE_USER, a query. */
function clientPackets(password: string, user: string, query: string): Uint8Array[] {
  const login = encodeLogin({
    capabilities: CLIENT_CAPABILITIES,
    user: "u",
    authResponse: UTF8.encode(password),
    database: "",
    authPlugin: "mysql_native_password",
    attributes: {},
  });
  const size = String.fromCharCode(password.length);
  return [
    encodePacket(login, 1),
    encodePacket(UTF8.encode(`\x11${user}\0${size}${password}db\0`), 0),
    encodePacket(UTF8.encode(`\x03${query}`), 0),
  ];
}

function step(direction: Direction, bytes: Uint8Array): ScriptStep {
  return { kind: "bytes", direction, bytes, timeUs: 0 };
}

/** Replays a recorded conversation to a client that sends these packets; where it left, if it did. */
async function replay(sent: Uint8Array[]): Promise<string | undefined> {
  const [login, change, query] = clientPackets("*".repeat(20), "w", "SELECT 1");
  const steps = [
    step("down", encodePacket(GREETING, 0)),
    step("up", login!),
    step("down", encodePacket(encodeOk(), 2)),
    step("up", change!),
    step("down", encodePacket(encodeOk(), 1)),
    step("up", query!),
    step("down", encodePacket(encodeOk(), 1)),
  ];
  const queue = [...sent];
  const client = {
    read(buffer: Uint8Array): Promise<number | null> {
      const next = queue.shift();
      if (next) buffer.set(next);
      return Promise.resolve(next ? next.length : null);
    },
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    close: () => {},
  };
  const entry = { number: 1, agreed: 0, agreedExtended: 0 };
  return await new ReplaySession({ number: 1, client, entry, steps }).run();
}

Deno.test("a replay takes any authentication response, also of COM_CHANGE_USER", async () => {
  for (const password of ["", "short", "*".repeat(20), "p".repeat(100)]) {
    assertEquals(await replay(clientPackets(password, "w", "SELECT 1")), undefined);
  }
});

Deno.test("a replay says where a client asks something else", async () => {
  const other = await replay(clientPackets("x", "w", "SELECT 2"));
  assert(other?.includes("the script has COM_QUERY SELECT 1, not COM_QUERY SELECT 2"), other);
  const user = await replay(clientPackets("x", "v", "SELECT 1"));
  assert(user?.includes("at packet 2 of the client: the script has COM_CHANGE_USER user w"), user);
  const less = await replay(clientPackets("x", "w", "SELECT 1").slice(0, 2));
  assert(less?.includes("the client closed where COM_QUERY SELECT 1 was recorded"), less);
});
