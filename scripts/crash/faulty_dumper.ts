/**
 * A dumper as `binlogd dump --follow --semi-sync`, but for its syncs: `never` leaves them out, which
 * shows that the tests would notice; `fails:N` makes the N-th fail without having synced.
 *
 *     deno run -A scripts/crash/faulty_dumper.ts PORT DIR never|fails:N
 */
import { Logger } from "../../lib/log.ts";
import { StoreFile } from "../../lib/pipeline/store_file.ts";
import { storeIoError } from "../../lib/store/store_io_error.ts";
import { Dump } from "../../lib/source/dump.ts";
import { Store } from "../../lib/store/store.ts";

const [port, dir, fault] = Deno.args as [string, string, string];
const failing = Number(/^fails:(\d+)$/.exec(fault)?.[1] ?? 0);
let syncs = 0;

class FaultyFile extends StoreFile {
  override async sync(eventEnd: number): Promise<void> {
    if (fault === "never") this.durable = Math.min(this.size, eventEnd);
    else if (++syncs === failing) throw storeIoError("sync", this.path, new Error("it fails once"));
    else await super.sync(eventEnd);
  }
}

const log = new Logger();
const store = await Store.open({ dir, log });
const dump = new Dump({
  store,
  log,
  source: {
    host: "127.0.0.1",
    port: Number(port),
    user: "repl",
    password: "secret",
    sslMode: "DISABLED",
    getServerPublicKey: true,
    connectTimeoutMs: 10_000,
  },
  follow: true,
  continueAfterGap: false,
  semiSyncJoin: 16 * 2 ** 20,
  semiSync: "on",
  sync: { kind: "always" },
  heartbeatMs: 10_000,
  reportHost: "faulty",
  retryLimit: Infinity,
  files: FaultyFile,
});
const stop = new AbortController();
Deno.addSignalListener("SIGTERM", () => stop.abort());
await dump.run(stop.signal);
store.close();
