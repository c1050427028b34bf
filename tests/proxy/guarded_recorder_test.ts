import { assert, assertEquals } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { GuardedRecorder } from "../../lib/proxy/guarded_recorder.ts";
import { PcapngWriter } from "../../lib/proxy/pcapng_writer.ts";
import { Recorder } from "../../lib/proxy/recorder.ts";

Deno.test("a capture on a full disk ends the recording, and is told once", () => {
  const failures: unknown[] = [];
  // A device that takes nothing.
  const writer = new PcapngWriter(`/tmp/binlogd-full-${crypto.randomUUID()}.pcapng`, "test");
  const flush = writer.flush.bind(writer);
  Deno.removeSync(writer.path);
  writer.flush = () => {
    throw new StoreIoError("no space left");
  };
  const recorder = new GuardedRecorder(new Recorder(writer), (error) => failures.push(error));
  recorder.open(1, "127.0.0.1:1000", "127.0.0.1:3306", 1);
  for (let i = 0; i < 10; i++) {
    recorder.bytes(1, "down", new Uint8Array(100_000), 2);
    recorder.flush(2);
  }
  recorder.close(1, "up", 3);
  recorder.end();
  assertEquals(failures.length, 1);
  assert(failures[0] instanceof StoreIoError);
  writer.flush = flush;
  writer.close();
});
