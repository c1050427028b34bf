import { assertEquals, assertThrows } from "@std/assert";
import { PositionChain } from "../../lib/pipeline/position_chain.ts";

Deno.test("positions go through the chain in order", () => {
  const chain = new PositionChain();
  chain.begin(50); // found in the store; the request acknowledged what is before it
  assertEquals([chain.acked, chain.durable, chain.written, chain.received], [0, 50, 50, 50]);
  chain.ack(50);
  chain.receive(100);
  chain.write(100);
  chain.sync(120);
  chain.ack(110);
  chain.sync(90); // an older sync that ends late takes nothing back
  assertEquals([chain.acked, chain.durable, chain.written, chain.received], [110, 120, 150, 150]);
});

Deno.test("an ACK beyond what is durable, a sync beyond what is written, are refused", () => {
  const chain = new PositionChain();
  chain.receive(100);
  assertThrows(() => chain.ack(1), Error, "Positions are out of order: acked 1, durable 0");
  const second = new PositionChain();
  assertThrows(() => second.write(1), Error, "out of order");
  const third = new PositionChain();
  third.receive(10);
  third.write(10);
  assertThrows(() => third.sync(11), Error, "out of order");
});
