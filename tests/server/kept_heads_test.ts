/** Which heads of files stay in memory. */
import { assertEquals } from "@std/assert";
import { GtidSet } from "../../lib/gtid/gtid_set.ts";
import type { MariadbGtid } from "../../lib/gtid/mariadb_position.ts";
import { BinlogCatalog } from "../../lib/server/binlog_catalog.ts";
import type { FileHead } from "../../lib/server/file_head.ts";
import { KeptHeads } from "../../lib/server/kept_heads.ts";
import { withFolder } from "../_pipeline.ts";
import { beginFile, QUIET, UUID } from "./_local.ts";

/** As many ranges, or domains, as take a little more than a mebibyte: three such heads are kept. */
const MEBIBYTE = 65_537;

function head(gtids: Partial<Pick<FileHead, "previousGtids" | "gtidList">> = {}): FileHead {
  return {
    serverVersion: "9.7.4",
    mariadb: false,
    checksum: true,
    formatEvent: new Uint8Array(0),
    previousGtids: undefined,
    gtidList: undefined,
    gtidMode: true,
    firstGtid: undefined,
    fileSize: 4,
    damaged: false,
    ...gtids,
  };
}

function largeSet(ranges: number): GtidSet {
  const set = new GtidSet();
  for (let i = 0n; i < ranges; i++) set.addInterval(UUID, "", i * 2n + 1n, i * 2n + 2n);
  return set;
}

function largeList(domains: number): MariadbGtid[] {
  return Array.from({ length: domains }, (_, domain) => ({ domain, serverId: 1, sequence: 1n }));
}

/** Those of `files` that are kept; they are asked for in this order. */
function kept(heads: KeptHeads, files: string[]): string[] {
  return files.filter((file) => heads.get(file));
}

Deno.test("heads go, those first that were not asked for longest, when their GTIDs are large", () => {
  const [set, list] = [largeSet(MEBIBYTE), largeList(MEBIBYTE)];
  for (const large of [head({ previousGtids: set }), head({ gtidList: list })]) {
    const heads = new KeptHeads();
    heads.set("small", head());
    for (const file of ["a", "b", "c"]) heads.set(file, large);
    assertEquals(kept(heads, ["small", "b", "c", "a"]), ["small", "b", "c", "a"]);
    heads.set("d", large);
    assertEquals(kept(heads, ["small", "b", "c", "a", "d"]), ["c", "a", "d"]);
    heads.set("e", large);
    assertEquals(kept(heads, ["a", "c", "d", "e"]), ["a", "d", "e"]);
    heads.clear();
    assertEquals(kept(heads, ["a", "d", "e"]), []);
  }
});

Deno.test("a head that is larger than all there may be is kept alone", () => {
  const heads = new KeptHeads();
  heads.set("a", head());
  heads.set("b", head({ previousGtids: largeSet(5 * MEBIBYTE) }));
  assertEquals(kept(heads, ["a", "b"]), ["b"]);
  heads.set("c", head());
  assertEquals(kept(heads, ["b", "c"]), ["c"]);
});

Deno.test("a head that is read again counts once", () => {
  const heads = new KeptHeads();
  const large = head({ previousGtids: largeSet(MEBIBYTE) });
  heads.set("a", large);
  for (let i = 0; i < 10; i++) heads.set("b", large);
  assertEquals(kept(heads, ["a", "b"]), ["a", "b"]);
});

Deno.test("of small heads a thousand are kept", () => {
  const heads = new KeptHeads();
  const files = Array.from({ length: 1001 }, (_, i) => `b.${i}`);
  for (const file of files) heads.set(file, head());
  assertEquals(kept(heads, files), files.slice(1));
});

Deno.test("a catalog does not keep the heads of all files whose GTID sets are large", async () => {
  await withFolder(async (dir) => {
    const names = [1, 2, 3, 4, 5, 6].map((n) => `b.00000${n}`);
    const gaps = Array.from({ length: MEBIBYTE }, (_, i) => 2 * i + 1).join(":");
    const bytes = beginFile(names[0]!, `${UUID}:${gaps}`).transaction(2).bytes();
    for (const name of names) await Deno.writeFile(`${dir}/${name}`, bytes);
    const catalog = new BinlogCatalog(dir, QUIET);
    try {
      await catalog.refresh();
      assertEquals(catalog.files, names);
      const [first, ...others] = names.map((name) => catalog.head(name));
      assertEquals(catalog.head(names[5]!) === others[4], true);
      assertEquals(catalog.head(names[0]!) === first, false);
    } finally {
      catalog.close();
    }
  });
});
