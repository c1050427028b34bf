/** How a dump ends where the disk or the connection fails at the same time. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BinlogdError, DivergenceError, StoreIoError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { StopAtPosition } from "../../lib/pipeline/stop_at_position.ts";
import { parseFault } from "../../lib/proxy/fault_plan.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { Dump } from "../../lib/source/dump.ts";
import type { DumpOptions } from "../../lib/source/dump_options.ts";
import { Store } from "../../lib/store/store.ts";
import { storeIoError } from "../../lib/store/store_io_error.ts";
import { waitUntil } from "../_binlogd.ts";
import type { FileBuilder } from "../_events.ts";
import { localSource, withServer, writeFiles } from "../server/_local.ts";

const LAST = "binlog.000002";

/** The last file of the server, which grows. */
class GrowingSource {
  readonly #path: string;
  readonly #file: FileBuilder;

  constructor(path: string, file: FileBuilder) {
    this.#path = path;
    this.#file = file;
  }

  get size(): number {
    return this.#file.position;
  }

  /** Of the server that has it. */
  port = 0;

  /** Ends the file here, inside an event or a transaction. */
  async cut(size: number): Promise<void> {
    await Deno.truncate(this.#path, size);
  }

  bytes(): Promise<Uint8Array> {
    return Deno.readFile(this.#path);
  }

  /** Adds a transaction, and returns the size of the file. */
  async add(gno: number, rowsSize?: number): Promise<number> {
    const events = this.#file.transaction(gno, rowsSize).bytes().subarray(
      (await Deno.stat(this.#path)).size,
    );
    await Deno.writeFile(this.#path, events, { append: true });
    return this.size;
  }
}

/** A dump of a server in this process into a new store, and what it logs. */
async function withDump(
  options: Partial<DumpOptions>,
  work: (
    dump: Dump,
    store: Store,
    log: () => string,
    source: GrowingSource,
    another: (options: Partial<DumpOptions>) => Dump,
  ) => Promise<void>,
): Promise<void> {
  let source: GrowingSource | undefined;
  const prepare = async (dir: string): Promise<void> => {
    const [, last] = await writeFiles(dir);
    source = new GrowingSource(`${dir}/${LAST}`, last!);
  };
  await withServer(prepare, async (server, folder) => {
    source!.port = server.port;
    const lines: string[] = [];
    const log = new Logger({ write: (line) => lines.push(line) });
    const store = await Store.open({ dir: `${folder}/../store`, log });
    const dumpWith = (options: Partial<DumpOptions>): Dump =>
      new Dump({
        store,
        log,
        source: localSource(server),
        follow: true,
        continueAfterGap: false,
        semiSyncJoin: 16 * 2 ** 20,
        semiSync: "off",
        sync: { kind: "none" },
        heartbeatMs: 10_000,
        reportHost: "",
        retryLimit: Infinity,
        ...options,
      });
    try {
      await work(dumpWith(options), store, () => lines.join("\n"), source!, dumpWith);
    } finally {
      store.close();
    }
  });
}

Deno.test("a sync that fails at a signal is no good end", async () => {
  class FailingFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      if (this.name === LAST) throw storeIoError("sync", this.path, new Error("I/O error"));
      await super.sync(eventEnd);
    }
  }
  await withDump({ files: FailingFile }, async (dump, store, log, source) => {
    const stop = new AbortController();
    const running = dump.run(stop.signal);
    await waitUntil(() => store.end.position()?.written === source.size, 60_000, log);
    stop.abort();
    await assertRejects(() => running, StoreIoError, "Cannot sync");
    // What is said of the end is what is there.
    assertEquals(store.end.position(), { file: LAST, written: 0, durable: 0 });
    assertEquals((await Deno.stat(`${store.dir}/${LAST}`)).size, 0);
  });
});

Deno.test("what came while a sync was under way is synced at a signal too", async () => {
  let gate: Promise<void> | undefined;
  let begun = 0;
  let synced = 0;
  class GatedFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      const size = begun = this.size;
      await super.sync(eventEnd);
      await gate;
      synced = size;
    }
  }
  const options = { files: GatedFile, semiSync: "on" } as const;
  await withDump(options, async (dump, store, log, source) => {
    const stop = new AbortController();
    const running = dump.run(stop.signal);
    await waitUntil(() => log().includes("semi_sync=true"), 60_000, log);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    // The first asks for an ACK, and is synced for it while the second comes.
    const first = await source.add(21);
    await waitUntil(() => begun === first, 60_000, log);
    const size = await source.add(22);
    await waitUntil(() => store.end.position()?.written === size, 60_000, log);
    stop.abort();
    resolve();
    assertEquals((await running).outcome, "closed");
    assertEquals(synced, size);
    assertEquals(store.end.position(), { file: LAST, written: size, durable: size });
  });
});

Deno.test("what a stop condition cuts was not durable before", async () => {
  class SlowFile extends StoreFile {
    override async sync(eventEnd: number): Promise<void> {
      const syncing = super.sync(eventEnd);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await syncing;
    }
  }
  // Rate: the transaction comes in parts, which are synced one after the other.
  const options: Partial<DumpOptions> = {
    files: SlowFile,
    sync: { kind: "always" },
    rateLimit: 40_000,
    stop: () => new StopAtPosition(LAST, 20_000),
  };
  await withDump(options, async (dump, store, _log, source) => {
    const whole = source.size;
    await source.add(21, 15_000);
    await source.add(22, 30_000);
    const update = store.end.update.bind(store.end);
    let durable = 0;
    store.end.update = (now) => {
      if (now.file === LAST) durable = Math.max(durable, now.durable);
      update(now);
    };
    assertEquals((await dump.run(new AbortController().signal)).outcome, "stopped");
    const { size } = await Deno.stat(`${store.dir}/${LAST}`);
    assert(size > whole && size <= 20_000);
    assertEquals(store.end.position(), { file: LAST, written: size, durable: size });
    assertEquals(durable, size);
    await store.recover();
  });
});

Deno.test("a state that can't be written is named", async () => {
  await withDump({}, async (dump, store, log) => {
    store.recordState = () => {
      const error = new Error("No space left on device (os error 28)");
      return Promise.reject(Object.assign(error, { code: "ENOSPC" }));
    };
    const stop = new AbortController();
    const running = dump.run(stop.signal);
    await waitUntil(() => log().includes("trying again"), 60_000, log);
    stop.abort();
    await running;
    assertStringIncludes(log(), "the store can't be used, trying again");
    assertStringIncludes(log(), `Cannot keep the state of ${store.dir}: no space left`);
    assert(!log().includes("connection lost"), log());
  });
});

Deno.test("a source whose last file ends inside a transaction has sent all there is", async () => {
  await withDump({ follow: false, retryLimit: 0 }, async (dump, store, log, source) => {
    const size = await source.add(900);
    await source.cut(size - 20);
    const { outcome } = await dump.run(new AbortController().signal);
    assertEquals(outcome, "ended", log());
    const copy = await Deno.readFile(`${store.dir}/${LAST}`);
    assertEquals(copy, (await source.bytes()).subarray(0, copy.length));
    assert(copy.length > size - 100 && copy.length < size);
  });
});

Deno.test("a source that is shorter than the store is refused while semi-sync catches up too", async () => {
  await withDump({ follow: false }, async (dump, store, log, source, another) => {
    assertEquals((await dump.run(new AbortController().signal)).outcome, "ended", log());
    await store.recover();
    await source.cut(source.size - 20);
    const catchingUp = another({ semiSync: "auto", semiSyncJoin: 0 });
    await assertRejects(
      () => catchingUp.run(AbortSignal.timeout(60_000)),
      DivergenceError,
      "shorter",
    );
  });
});

Deno.test("a link that always breaks in the same event comes to the end of its tries", async () => {
  await withDump({}, async (_, store, log, source, another) => {
    await source.add(900, 300_000);
    const relay = Relay.listen({
      target: { hostname: "127.0.0.1", port: source.port },
      faults: [parseFault("cut=100000")],
    });
    const dump = another({ source: localSource(relay), follow: false, retryLimit: 2 });
    const signal = AbortSignal.timeout(60_000);
    await assertRejects(() => dump.run(signal), BinlogdError, "connection ended", log());
    assertEquals(store.files.at(-1), LAST);
    relay.stop();
  });
});
