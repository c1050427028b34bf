import { assertEquals } from "@std/assert";
import { unheldGtids } from "../../lib/inspect/list_unheld_gtids.ts";
import type { FileSummary } from "../../lib/store/file_summary.ts";
import type { Flavour } from "../../lib/store/identity.ts";

const UUID = "00000000-0000-0000-0000-000000000001";

/** Summaries of files with these GTIDs at their heads and as their own. */
function filesOf(
  flavour: Flavour,
  files: [previous: string | undefined, own: string][],
): FileSummary[] {
  return files.map(([previous, gtids]) => ({
    flavour,
    gtids,
    ...(previous === undefined ? {} : { previousGtids: previous }),
  } as FileSummary));
}

function mysql(...files: [previous: string | undefined, own: string][]): FileSummary[] {
  const text = (set: string): string => set === "" ? "" : `${UUID}:${set}`;
  return filesOf(
    "mysql",
    files.map((
      [previous, own],
    ) => [previous === undefined ? undefined : text(previous), text(own)]),
  );
}

Deno.test("GTIDs that a head of MySQL names, and that are in no file", () => {
  // What comes before the oldest file was purged.
  assertEquals(unheldGtids(mysql(["1-5", "6-9"], ["1-9", ""], ["1-9", "10"])), "");
  const lacking = mysql(["1-5", "6-7"], ["1-9", "10"], ["1-12", "13"]);
  assertEquals(unheldGtids(lacking), `${UUID}:8-9:11-12`);
  assertEquals(unheldGtids(lacking, 0, 1), `${UUID}:8-9`);
  assertEquals(unheldGtids(lacking, 1, 2), `${UUID}:11-12`);
  assertEquals(unheldGtids(mysql([undefined, ""], ["1-5", "6"], [undefined, ""])), "");
  assertEquals(unheldGtids([]), "");
});

Deno.test("GTIDs that a head of MariaDB names, and that are in no file", () => {
  assertEquals(
    unheldGtids(filesOf("mariadb", [
      ["0-1-5,7-2-3", "0-1-6..9"],
      ["0-1-9,7-2-3", ""],
      ["0-1-9,7-2-3", "0-3-10"],
      ["0-1-9,0-3-10,7-2-3", ""],
    ])),
    "",
  );
  const lacking = filesOf("mariadb", [
    ["", "0-1-1..7"],
    ["0-1-9", "0-1-10..12"],
    ["0-1-12,5-9-1", "0-1-13"],
  ]);
  assertEquals(unheldGtids(lacking), "0-1-9,5-9-1");
  assertEquals(unheldGtids(lacking, 1, 2), "5-9-1");
});
