import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseFault } from "../../lib/proxy/fault_plan.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { binlogd, binlogdCommand, caughtUp, RunningBinlogd, sourceUrl } from "../_binlogd.ts";
import { withFolder } from "../_pipeline.ts";
import { type RealServer, serverTest, startServer } from "../_servers.ts";
import { withSmallDisk } from "../_small_disk.ts";
import { seededRandom } from "../_split.ts";
import { assertStored } from "../_stored.ts";
import { settle } from "../_workload.ts";

const KILLS = 50;
/** More than a login and the session's questions take. */
const LOGIN_BYTES = 8000;

/** Writes transactions of many sizes until told to stop. */
function busy(server: RealServer, random: () => number): { stop(): Promise<void> } {
  let going = true;
  const work = (async () => {
    await server.sql(
      "CREATE DATABASE k; CREATE TABLE k.t (a int primary key auto_increment, b longtext)",
    );
    for (let i = 0; going; i++) {
      const rows = Array.from({ length: 20 }, () => `(REPEAT('x',${Math.floor(random() * 3000)}))`);
      await server.sql(
        `INSERT INTO k.t(b) VALUES ${
          rows.join(",")
        }; INSERT INTO k.t(b) VALUES (REPEAT('y',200000));` +
          (i % 7 === 0 ? "FLUSH BINARY LOGS;" : ""),
      );
    }
  })();
  work.catch(() => {}); // told by stop(); a test that fails before it has its own error
  return {
    async stop() {
      going = false;
      await work;
    },
  };
}

serverTest(`dump loses nothing when killed ${KILLS} times at random moments`, async (kind) => {
  const seed = 7;
  const random = seededRandom(seed);
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const writer = busy(server, random);
    const args = ["dump", sourceUrl(server), "--dir", dir, "--follow", "--sync=always"];
    for (let i = 0; i < KILLS; i++) {
      const child = binlogdCommand(args, {}, { stdout: "null", stderr: "null" }).spawn();
      await new Promise((resolve) => setTimeout(resolve, 120 + random() * 250));
      child.kill("SIGKILL");
      await child.status;
    }
    await writer.stop();
    await settle(server); // a checkpoint event after the last rotation would come behind the dump
    const last = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(last.code, 0, `seed ${seed}: ${last.stderr}`);
    assert(await caughtUp(server, dir));
    await assertStored(server, dir);
  });
});

function storedBytes(dir: string): number {
  return [...Deno.readDirSync(dir)].filter(({ name }) => /^binlog\.\d+$/.test(name))
    .reduce((sum, { name }) => sum + Deno.statSync(`${dir}/${name}`).size, 0);
}

serverTest("dump gets through a link that cuts, stalls, splits and flips", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const random = seededRandom(11);
    const writer = busy(server, random);
    const relay = Relay.listen({ target: { port: server.port }, seed: 3 });
    const dump = new RunningBinlogd([
      "dump",
      sourceUrl(server, "repl", relay.port),
      "--dir",
      dir,
      "--follow",
      "--heartbeat=1s",
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
    try {
      for (let i = 0; i < 25; i++) {
        const at = 500 + Math.floor(random() * 400_000);
        const specs = [
          `cut=${at}`,
          `flip=${at + LOGIN_BYTES}`,
          `stall=${at}:300`,
          "split:1",
          "split:900",
        ];
        // Flipped bits go only where they are found out: not into the login, which has no CRC.
        relay.faults = [parseFault(specs[i % specs.length]!)];
        const before = relay.connections;
        await dump.until(() => relay.connections > before);
        // A bit flips once: the same damage three times in a row would be the source's own.
        if (specs[i % specs.length]!.startsWith("flip")) relay.faults = [];
        const stored = storedBytes(dir);
        await new Promise((resolve) => setTimeout(resolve, 150));
        // Logins that are cut again and again on a busy machine would have ever longer pauses between:
        // the dump has grown, or has come again (each time there is one more to look at the source).
        await dump.until(() => storedBytes(dir) > stored || relay.connections > before + 2);
        relay.cutAll();
      }
      relay.faults = [];
      relay.cutAll();
      await writer.stop();
      await dump.until(() => caughtUp(server, dir), 60_000);
      const { code, stderr } = await dump.stop();
      assertEquals(code, 0, stderr);
      await assertStored(server, dir);
    } finally {
      dump.kill("SIGKILL");
      relay.stop();
    }
  });
});

serverTest("a bit flipped in what is sent again is not taken for another source", async (kind) => {
  await using server = await startServer(kind);
  await server.sql(
    "CREATE DATABASE w; CREATE TABLE w.b (c LONGBLOB); INSERT INTO w.b VALUES (REPEAT('x', 4000000))",
  );
  await withFolder(async (dir) => {
    const relay = Relay.listen({ target: { port: server.port } });
    const args = [
      "dump",
      sourceUrl(server, "repl", relay.port),
      "--dir",
      dir,
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ];
    try {
      const first = await binlogd(args);
      assertEquals(first.code, 0, first.stderr);
      // Its last transaction comes again, in parts that are compared before its checksum is there.
      relay.faults = [parseFault("flip=2500000")];
      const second = new RunningBinlogd(args);
      await second.until(() => second.log.includes("differs from the store's"));
      // A bit flips once: the same damage three times in a row would be the source's own.
      relay.faults = [];
      const { code, stderr } = await second.ended();
      assertEquals(code, 0, stderr);
      await assertStored(server, dir);
    } finally {
      relay.stop();
    }
  });
});

serverTest("dump notices a dead link by the missing heartbeats", async (kind) => {
  await using server = await startServer(kind);
  await withFolder(async (dir) => {
    const relay = Relay.listen({ target: { port: server.port } });
    // Far enough for the login; then nothing comes any more.
    relay.faults = [parseFault("stall=12000")];
    const dump = new RunningBinlogd([
      "dump",
      sourceUrl(server, "repl", relay.port),
      "--dir",
      dir,
      "--follow",
      "--heartbeat=500ms",
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
    try {
      await server.sql("CREATE DATABASE k; CREATE TABLE k.t (b longtext)");
      await server.sql("INSERT INTO k.t VALUES (REPEAT('x', 50000))");
      await dump.until(() => dump.log.includes("Nothing came from the source"), 60_000);
      relay.faults = [];
      await dump.until(() => caughtUp(server, dir));
      await dump.stop();
      await assertStored(server, dir);
    } finally {
      dump.kill("SIGKILL");
      relay.stop();
    }
  });
}, ["mysql97", "mariadb1011"]);

serverTest("dump survives a full disk and goes on when there is room", async (kind) => {
  await using server = await startServer(kind);
  await withSmallDisk(2, async (dir, resize) => {
    await server.sql("CREATE DATABASE k; CREATE TABLE k.t (b longtext)");
    for (let i = 0; i < 4; i++) await server.sql("INSERT INTO k.t VALUES (REPEAT('x', 1000000))");
    const full = await binlogd(["dump", sourceUrl(server), "--dir", dir]);
    assertEquals(full.code, 6, full.stderr);
    assertStringIncludes(full.stderr, "no space left");
    const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
    try {
      await dump.until(() => dump.log.includes("no space left"));
      await resize(50);
      await dump.until(() => caughtUp(server, dir), 60_000);
      await dump.stop();
      await assertStored(server, dir);
    } finally {
      dump.kill("SIGKILL");
    }
  });
}, ["mysql97", "mariadb1011"]);

serverTest(
  "dump says so while its files are gone, and goes on when they are back",
  async (kind) => {
    await using server = await startServer(kind);
    await withFolder(async (parent) => {
      const [dir, away] = [`${parent}/store`, `${parent}/away`];
      const moveFiles = async (from: string, to: string): Promise<void> => {
        for (const { name } of [...Deno.readDirSync(from)]) {
          // The dump replaces its state by way of a temporary file, which may be gone by then.
          await Deno.rename(`${from}/${name}`, `${to}/${name}`).catch((error) => {
            if (!name.endsWith(".tmp")) throw error;
          });
        }
      };
      await server.sql("CREATE DATABASE k; FLUSH BINARY LOGS");
      const dump = new RunningBinlogd(["dump", sourceUrl(server), "--dir", dir, "--follow"]);
      try {
        await dump.until(() => caughtUp(server, dir));
        await Deno.rename(dir, away);
        await server.sql("FLUSH BINARY LOGS; CREATE TABLE k.t (a int)");
        await dump.until(() => dump.log.includes("Cannot create"), 60_000);
        await Deno.rename(away, dir);
        await dump.until(() => caughtUp(server, dir), 60_000);
        await Deno.mkdir(away);
        await moveFiles(dir, away);
        await server.sql("FLUSH BINARY LOGS; INSERT INTO k.t VALUES (1)");
        await dump.until(() => dump.log.includes("are gone from"), 60_000);
        await moveFiles(away, dir);
        await dump.until(() => caughtUp(server, dir), 60_000);
        const { code, stderr } = await dump.stop();
        assertEquals(code, 0, stderr);
        await assertStored(server, dir);
      } finally {
        dump.kill("SIGKILL");
      }
    });
  },
  ["mysql97", "mariadb1011"],
);
