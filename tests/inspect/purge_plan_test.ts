import { assertEquals, assertThrows } from "@std/assert";
import type { ListedFile } from "../../lib/inspect/list_files.ts";
import { planPurge, type PurgeRequest } from "../../lib/inspect/purge_plan.ts";
import { StoreError } from "../../lib/errors.ts";
import type { FileSummary } from "../../lib/store/file_summary.ts";

/** Files b.000001 and on, whose newest transactions have these times. */
function files(...times: number[]): ListedFile[] {
  return times.map((maxTime, i) => {
    const file = `b.00000${i + 1}`;
    return { file, size: 100, summary: { file, maxTime } as FileSummary };
  });
}

function removed(list: ListedFile[], request: Partial<PurgeRequest>): string {
  const { remove, first } = planPurge(list, { keep: 1, ...request });
  return `${remove.map(({ file }) => file.at(-1)).join("")} then ${first.at(-1)}`;
}

Deno.test("purge removes the files before --to, never the newest", () => {
  const list = files(1, 2, 3, 4);
  assertEquals(removed(list, { to: "b.000003" }), "12 then 3");
  assertEquals(removed(list, { to: "b.000001" }), " then 1");
  assertEquals(removed(list, { to: "b.000004", keep: 2 }), "12 then 3");
  assertEquals(planPurge(list, { to: "b.000004", keep: 2 }).heldBack, "the newest 2 are kept");
  assertThrows(() => planPurge(list, { to: "b.000009", keep: 1 }), StoreError, "b.000009");
  assertEquals(removed(files(1), { before: 100 }), " then 1");
});

Deno.test("purge removes files from the front as long as all of each is before the time", () => {
  assertEquals(removed(files(10, 20, 30, 40), { before: 25 }), "12 then 3");
  assertEquals(removed(files(10, 20, 30, 40), { before: 20 }), "1 then 2");
  assertEquals(removed(files(10, 50, 15, 60), { before: 30 }), "1 then 2");
  assertEquals(removed(files(10, 20, 30), { before: 99 }), "12 then 3");
  const unreadable: ListedFile[] = files(10, 20, 30);
  unreadable[1] = { file: "b.000002", size: 5, error: "no binlog" };
  assertEquals(removed(unreadable, { before: 99 }), "1 then 2");
});

Deno.test("purge refuses files that --on-close has not run for", () => {
  const list = files(1, 2, 3, 4);
  assertEquals(removed(list, { to: "b.000003", archived: "b.000002" }), "12 then 3");
  const request = { to: "b.000004", keep: 1, archived: "b.000002" };
  assertThrows(() => planPurge(list, request), StoreError, "b.000003");
  assertThrows(() => planPurge(list, { ...request, archived: "gone" }), StoreError, "b.000001");
});

Deno.test("purge says in words that --on-close has not run for any file", () => {
  const expected = (archived: string): string | undefined =>
    assertThrows(() => planPurge(files(1, 2, 3), { to: "b.000003", keep: 1, archived }), StoreError)
      .details.expected;
  assertEquals(expected(""), "no file, as it has not run for any yet");
  assertEquals(expected("a.000001"), "no file, as it ran last for a.000001, which is not here");
  assertEquals(expected("b.000001"), "files up to b.000001");
});
