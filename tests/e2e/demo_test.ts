import { assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("the demo copies, checks, lists and compares without a server at hand", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("../../scripts/demo.ts", import.meta.url).pathname],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  const printed = text.decode(stdout);
  assertEquals(code, 0, printed + text.decode(stderr));
  assertEquals(printed.split("All 6 files are equal").length - 1, 2);
  assertStringIncludes(printed, "0 faults");
});
