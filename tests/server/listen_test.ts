import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError, UsageError } from "../../lib/errors.ts";
import { withServer, writeFiles } from "./_local.ts";

function start(listen: { hostname: string; port: number }): Promise<void> {
  return withServer(writeFiles, async () => {}, { listen });
}

Deno.test("an address that is taken is no wrong option; one that is not of this machine is", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const inUse = await assertRejects(() => start({ hostname: "127.0.0.1", port }), StoreError);
  assertEquals(inUse.exitCode, 6);
  assertStringIncludes(inUse.message, `Cannot listen on 127.0.0.1:${port}`);
  assertStringIncludes(inUse.details.hint!, "--listen");
  const bad = await assertRejects(() => start({ hostname: "203.0.113.7", port: 0 }), UsageError);
  assertStringIncludes(bad.message, "Cannot listen on 203.0.113.7:0");
});
