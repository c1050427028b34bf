import { assertEquals } from "@std/assert";
import { CascadeGate, type CascadeOptions } from "../../lib/server/cascade_gate.ts";
import { SemiSyncSource } from "../../lib/server/semi_sync_source.ts";
import { QUIET } from "./_local.ts";

const file = "binlog.000001";

/** A gate, and the positions that went through it. */
function makeGate(options: Omit<CascadeOptions, "log">, files = [file]): {
  semiSync: SemiSyncSource;
  gate: CascadeGate;
  sent: number[];
  send: (ack: { position: number }) => Promise<void>;
} {
  const semiSync = new SemiSyncSource(() => files);
  const gate = new CascadeGate(semiSync, { ...options, log: QUIET });
  const sent: number[] = [];
  const send = (ack: { position: number }): Promise<void> => {
    sent.push(ack.position);
    return Promise.resolve();
  };
  return { semiSync, gate, sent, send };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("ACKs upstream wait for the N-th replica; too late they are withheld, or not", async () => {
  for (const onTimeout of ["withhold", "ack"] as const) {
    const { semiSync, gate, sent, send } = makeGate({ count: 2, timeoutMs: 60, onTimeout });
    semiSync.begin(1, { file, position: 4 });
    semiSync.begin(2, { file, position: 4 });
    gate.delayAck({ file, position: 100 }, send);
    semiSync.ack(1, { file, position: 100 });
    semiSync.ack(1, { file, position: 100 });
    assertEquals(sent.includes(100), false, "the same replica counts once");
    semiSync.ack(2, { file, position: 60 });
    assertEquals(sent[sent.length - 1], 60, "the lesser of the two");
    semiSync.ack(2, { file, position: 100 });
    assertEquals(sent[sent.length - 1], 100);
    gate.delayAck({ file, position: 200 }, send);
    await new Promise((resolve) => setTimeout(resolve, 120));
    assertEquals(sent[sent.length - 1], onTimeout === "ack" ? 200 : 100);
    gate.delayAck({ file, position: 300 }, send);
    assertEquals(sent[sent.length - 1], onTimeout === "ack" ? 300 : 100);
    for (const id of [1, 2]) semiSync.ack(id, { file, position: 300 });
    assertEquals(sent[sent.length - 1], 300);
    gate.streamEnded();
  }
});

Deno.test("replicas that acknowledge in time are not late, however many ACKs are asked for", async () => {
  const { semiSync, gate, sent, send } = makeGate({ count: 1, timeoutMs: 3000, onTimeout: "ack" });
  semiSync.begin(1, { file, position: 4 });
  // The replica is always one behind, and never has all.
  gate.delayAck({ file, position: 100 }, send);
  for (let position = 200; position <= 900; position += 100) {
    await pause(500);
    gate.delayAck({ file, position }, send);
    semiSync.ack(1, { file, position: position - 100 });
    assertEquals(sent[sent.length - 1], position - 100);
  }
  await pause(4000);
  assertEquals(sent[sent.length - 1], 900, "late with the last one");
  gate.streamEnded();
});

Deno.test("replicas that were late are back once they acknowledge in time", async () => {
  const { semiSync, gate, sent, send } = makeGate({ count: 1, timeoutMs: 300, onTimeout: "ack" });
  semiSync.begin(1, { file, position: 4 });
  gate.delayAck({ file, position: 100 }, send);
  await pause(450);
  assertEquals(sent, [4, 100]);
  gate.delayAck({ file, position: 200 }, send);
  gate.delayAck({ file, position: 300 }, send);
  assertEquals(sent, [4, 100, 200, 300], "nobody waits for them");
  semiSync.ack(1, { file, position: 100 });
  gate.delayAck({ file, position: 400 }, send);
  assertEquals(sent, [4, 100, 200, 300, 400], "what they were late with proves nothing");
  semiSync.ack(1, { file, position: 300 });
  gate.delayAck({ file, position: 500 }, send);
  assertEquals(sent, [4, 100, 200, 300, 400], "they are waited for again");
  semiSync.ack(1, { file, position: 500 });
  assertEquals(sent, [4, 100, 200, 300, 400, 500]);
  gate.streamEnded();
});

Deno.test("replicas that were late and then gave all are waited for again", async () => {
  const { semiSync, gate, sent, send } = makeGate({ count: 1, timeoutMs: 60, onTimeout: "ack" });
  gate.delayAck({ file, position: 100 }, send);
  await pause(150);
  assertEquals(sent, [100], "there is no replica");
  semiSync.begin(1, { file, position: 100 });
  gate.delayAck({ file, position: 200 }, send);
  assertEquals(sent, [100]);
  gate.streamEnded();
});

Deno.test("a replica in files of the old base name has none of what is in those of the new one", () => {
  const files = ["mysql-bin.000004", "mysql-bin.000005", "binlog.000001"];
  const { semiSync, gate, sent, send } = makeGate(
    { count: 1, timeoutMs: 60_000, onTimeout: "withhold" },
    files,
  );
  semiSync.begin(7, { file: "mysql-bin.000005", position: 4 });
  semiSync.ack(7, { file: "mysql-bin.000005", position: 900 });
  gate.delayAck({ file: "binlog.000001", position: 500 }, send);
  assertEquals(sent, [900], "what it has");
  semiSync.ack(7, { file: "binlog.000001", position: 300 });
  assertEquals(sent, [900, 300]);
  semiSync.ack(7, { file: "mysql-bin.000005", position: 950 });
  semiSync.ack(7, { file: "binlog.000001", position: 500 });
  assertEquals(sent, [900, 300, 500]);
  gate.streamEnded();
});
