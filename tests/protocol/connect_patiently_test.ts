import { assertEquals, assertRejects } from "@std/assert";
import { connectPatiently } from "../../lib/protocol/connect_patiently.ts";

const NEVER = new AbortController().signal;

function systemError(code: string): Error {
  return Object.assign(new Error(`${code} of the system`), { code });
}

/** Fails with each of the codes in turn; then there is a connection. */
function connecting(...codes: string[]) {
  const tried = { count: 0, closed: 0 };
  const connect = () => {
    const code = codes[tried.count++];
    return code === undefined
      ? Promise.resolve({ close: () => void tried.closed++ })
      : Promise.reject(systemError(code));
  };
  return { tried, connect };
}

Deno.test("a connection waits while there is no file descriptor, and for nothing else", async () => {
  const waits = connecting("EMFILE", "ENFILE", "EMFILE");
  await connectPatiently(waits.connect, NEVER);
  assertEquals(waits.tried, { count: 4, closed: 0 });
  const refused = connecting("EMFILE", "ECONNREFUSED");
  await assertRejects(() => connectPatiently(refused.connect, NEVER), Error, "ECONNREFUSED");
  assertEquals(refused.tried.count, 2);
});

Deno.test("a connection that is not wanted any more is closed, or not made", async () => {
  const stop = new AbortController();
  const reason = new Error("stop");
  const made = connecting();
  const making = connectPatiently(made.connect, stop.signal);
  stop.abort(reason);
  assertEquals(await making.catch((error) => error), reason);
  assertEquals(made.tried, { count: 1, closed: 1 });
  const later = new AbortController();
  const waits = connecting(...Array(1000).fill("EMFILE"));
  const waiting = connectPatiently(waits.connect, later.signal);
  setTimeout(() => later.abort(reason), 50);
  assertEquals(await waiting.catch((error) => error), reason);
});
