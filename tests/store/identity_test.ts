import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StoreError } from "../../lib/errors.ts";
import {
  IDENTITY_FILE,
  newIdentity,
  readIdentity,
  type StoreIdentity,
  takeServerId,
  writeIdentity,
} from "../../lib/store/identity.ts";
import { withFolder } from "../_pipeline.ts";

const SOURCE = {
  flavour: "mariadb",
  version: "11.8.2-MariaDB",
  address: "[::1]:3306",
  serverId: 1,
};

/** An identity with everything in it. */
function full(): StoreIdentity {
  const time = "2026-11-23T02:12:48.123Z";
  const source = { ...SOURCE, flavour: "mariadb" as const };
  const hole = {
    afterFile: "binlog.000003",
    afterPosition: 5_000_000_000,
    nextFile: "binlog.000007",
    reason: "the source purged it — für immer",
    time,
  };
  const era = { number: 1, folder: "era-1", source, gtidSet: "0-1-100", reason: "reset", time };
  return { ...newIdentity(42), source, holes: [hole], eras: [{ ...era, holes: [hole] }] };
}

Deno.test("an identity is read as it was written", async () => {
  await withFolder(async (dir) => {
    assertEquals(await readIdentity(dir), undefined);
    const begun = { ...full(), eras: full().eras.map((era) => ({ ...era, begun: true })) };
    for (const identity of [newIdentity(), full(), begun]) {
      await writeIdentity(dir, identity);
      assertEquals(await readIdentity(dir), identity);
    }
    assertEquals((await Deno.stat(`${dir}/${IDENTITY_FILE}`)).mode! & 0o777 & ~0o640, 0);
  });
});

Deno.test("a new identity has a server_id of 2^31 to 2^32-1 and a UUID of its own", () => {
  const identities = Array.from({ length: 200 }, () => newIdentity());
  for (const { serverId } of identities) assert(serverId >= 2 ** 31 && serverId < 2 ** 32);
  assertEquals(new Set(identities.map(({ uuid }) => uuid)).size, 200);
  assert(new Set(identities.map(({ serverId }) => serverId)).size > 190);
  assertEquals(newIdentity(5).serverId, 5);
});

Deno.test("a server_id that no source has taken gives way to the one before", () => {
  const identity = newIdentity(5);
  const ids: unknown[] = [];
  // One that is asked for is used as long as it is asked for; 5 is what a source has taken.
  for (const asked of [undefined, 5, 1, 1, 2, undefined, undefined, 3, 5, undefined]) {
    const changed = takeServerId(identity, asked);
    ids.push([identity.serverId, identity.serverIdBefore, changed]);
  }
  assertEquals(ids, [
    [5, undefined, false],
    [5, undefined, false],
    [1, 5, true],
    [1, 5, false],
    [2, 5, true],
    [5, undefined, true],
    [5, undefined, false],
    [3, 5, true],
    [5, undefined, true],
    [5, undefined, false],
  ]);
});

Deno.test("an identity cut at each length is refused, with file and what its loss costs", async () => {
  await withFolder(async (dir) => {
    await writeIdentity(dir, full());
    const path = `${dir}/${IDENTITY_FILE}`;
    const text = await Deno.readFile(path);
    // The newline after the last brace may be missing.
    for (let size = 0; size < text.length - 1; size++) {
      await Deno.writeFile(path, text.subarray(0, size));
      const error = await assertRejects(() => readIdentity(dir), StoreError, path);
      assertEquals([error.exitCode, error.details.file], [6, path]);
      assertStringIncludes(error.details.hint!, "new server_id and UUID");
    }
  });
});

Deno.test("an identity changed at each byte is a value or a StoreError", async () => {
  await withFolder(async (dir) => {
    await writeIdentity(dir, full());
    const path = `${dir}/${IDENTITY_FILE}`;
    const text = await Deno.readFile(path);
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice();
      changed[at]! ^= 0x11;
      await Deno.writeFile(path, changed);
      try {
        const identity = (await readIdentity(dir))!;
        assert(Number.isInteger(identity.serverId) && Array.isArray(identity.holes));
        assertEquals(identity.uuid.length, 36);
      } catch (error) {
        assert(error instanceof StoreError, `byte ${at}: ${error}`);
      }
    }
  });
});

Deno.test("an identity with a wrong field is refused, one of before holes and eras is taken", async () => {
  await withFolder(async (dir) => {
    const path = `${dir}/${IDENTITY_FILE}`;
    const { holes: _h, eras: _e, ...old } = newIdentity(9);
    await Deno.writeTextFile(path, JSON.stringify(old));
    assertEquals(await readIdentity(dir), { ...old, holes: [], eras: [] });
    const era = full().eras[0]!;
    const wrong: unknown[] = [
      null,
      [],
      "text",
      { ...old, format: 2 },
      { ...old, serverId: "9" },
      { ...old, serverId: -1 },
      { ...old, serverId: 2 ** 32 },
      { ...old, serverId: 1.5 },
      { ...old, serverIdBefore: "9" },
      { ...old, uuid: "" },
      { ...old, uuid: "x', @@global.read_only = '" },
      { ...old, holes: {} },
      { ...old, eras: "none" },
      { ...old, eras: [null] },
      { ...old, eras: [{ ...era, number: "1" }] },
      { ...old, eras: [{ ...era, folder: undefined }] },
      { ...old, eras: [{ ...era, begun: "yes" }] },
      { ...old, eras: [{ ...era, begun: true, folder: "../elsewhere" }] },
      { ...old, source: null },
      { ...old, source: "db1" },
      { ...old, source: { ...SOURCE, flavour: "postgres" } },
      { ...old, source: { ...SOURCE, serverUuid: 5 } },
      { ...old, source: { ...SOURCE, address: undefined } },
    ];
    for (const value of wrong) {
      await Deno.writeTextFile(path, JSON.stringify(value));
      await assertRejects(() => readIdentity(dir), StoreError, path, JSON.stringify(value));
    }
  });
});

Deno.test("an identity that can't be read is not taken for none", async () => {
  await withFolder(async (dir) => {
    await Deno.mkdir(`${dir}/${IDENTITY_FILE}`);
    await assertRejects(() => readIdentity(dir), StoreError, IDENTITY_FILE);
  });
});
