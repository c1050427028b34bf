import { assertEquals } from "@std/assert";
import { TailNews } from "../../lib/server/tail_news.ts";
import { TailWait } from "../../lib/server/tail_wait.ts";
import { StoreEnd } from "../../lib/store/store_end.ts";
import type { TailPosition } from "../../lib/store/store_tail.ts";
import { waitUntil } from "../_binlogd.ts";

/** Lets everything run that is only waiting for its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function place(file: string, written: number, durable: number): TailPosition {
  return { file, written, durable };
}

Deno.test("what is written wakes nobody, is told once, and wakes all when it is durable", async () => {
  const end = new StoreEnd();
  end.update(place("binlog.000001", 100, 100));
  const told: TailPosition[] = [];
  const news = new TailNews(end, (position) => told.push(position));
  let woken = 0;
  const seen = end.position();
  for (let i = 0; i < 100; i++) assertEquals(news.wait(seen, () => woken++), true);
  end.update(place("binlog.000001", 200, 100));
  await turn();
  assertEquals([woken, told.length], [0, 1]);
  end.update(place("binlog.000001", 200, 200));
  await turn();
  assertEquals(woken, 100);
});

Deno.test("who has not seen what is durable does not wait", () => {
  const end = new StoreEnd();
  const news = new TailNews(end, () => {});
  assertEquals(news.wait(place("binlog.000001", 100, 100), () => {}), false);
  end.update(place("binlog.000001", 200, 200));
  assertEquals(news.wait(place("binlog.000001", 100, 100), () => {}), false);
  assertEquals(news.wait(undefined, () => {}), false);
});

Deno.test("who comes when something is written and not durable has it made durable", async () => {
  const end = new StoreEnd();
  end.update(place("binlog.000001", 200, 100));
  const told: TailPosition[] = [];
  const news = new TailNews(end, (position) => told.push(position));
  const wake = (): void => {};
  news.wait(end.position(), wake);
  assertEquals(told, [place("binlog.000001", 200, 100)]);
  news.leave(wake);
  await turn();
});

Deno.test("a new file is news, and who left is not woken", async () => {
  const end = new StoreEnd();
  end.update(place("binlog.000001", 100, 100));
  const news = new TailNews(end, () => {});
  const woken: string[] = [];
  const wakeFirst = (): number => woken.push("first");
  const seen = end.position();
  news.wait(seen, wakeFirst);
  news.leave(wakeFirst);
  news.wait(seen, () => woken.push("second"));
  end.update(place("binlog.000002", 100, 100));
  await turn();
  assertEquals(woken, ["second"]);
});

Deno.test("a wait ends with news, with its connection, and for a heartbeat after each period", async () => {
  const end = new StoreEnd();
  end.update(place("binlog.000001", 100, 100));
  const news = new TailNews(end, () => {});
  const connection = new AbortController();
  const wait = new TailWait(news, 5, connection.signal);
  assertEquals(await wait.news(end.position()), "heartbeat");
  wait.sent();
  assertEquals(await wait.news(end.position()), "heartbeat");
  const patient = new TailWait(news, 0, connection.signal);
  let outcome = "";
  patient.news(end.position()).then((found) => outcome = found);
  end.update(place("binlog.000001", 300, 300));
  await waitUntil(() => outcome === "news");
  const last = patient.news(end.position());
  connection.abort();
  assertEquals(await last, "news");
  assertEquals(await patient.news(end.position()), "news");
  wait.close();
  patient.close();
});
