import { Logger } from "../../lib/log.ts";
import { Relay } from "../../lib/proxy/relay.ts";
import { Store } from "../../lib/store/store.ts";
import { binlogdCommand, sourceUrl, waitUntil } from "../../tests/_binlogd.ts";
import { patientSource, semiSyncCounters } from "../../tests/_semi_sync.ts";
import { KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { CommitClients } from "./commit_clients.ts";
import { LoopDisk } from "./loop_disk.ts";
import { StoreContents } from "./store_contents.ts";

const FAULTY = new URL("./faulty_dumper.ts", import.meta.url).pathname;
const LIMIT_MS = 60_000;
const COMMITS_BEFORE = 20;
const CLIENTS = 4;
const SAID_MAX = 4096;

/** Settings of {@link runPowerCuts}. */
export interface PowerCutOptions {
  kind: ServerKind;
  rounds: number;
  random: () => number;
  /** Take the sync out: each round must then lose something. */
  withoutSync?: boolean;
  /** Cut the power right after a reconnect, before the first ACK if that can be met. */
  afterReconnect?: boolean;
}

/** What came of it. */
export interface PowerCutReport {
  rounds: number;
  commits: number;
  /** Commits that returned and are not in the store, and rounds in which there were any. */
  losses: number;
  roundsWithLoss: number;
  faults: string[];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One source, clients that commit, and a dumper whose disk loses power again and again. */
class PowerCuts {
  readonly #server: RealServer;
  readonly #base: string;
  readonly #relay: Relay;
  readonly #options: PowerCutOptions;
  readonly #clients: CommitClients;
  #dumper: Deno.ChildProcess | undefined;
  /** The end of what the dumper of this round has said. */
  #said = "";
  readonly report: PowerCutReport = {
    rounds: 0,
    commits: 0,
    losses: 0,
    roundsWithLoss: 0,
    faults: [],
  };

  constructor(server: RealServer, base: string, options: PowerCutOptions) {
    this.#server = server;
    this.#base = base;
    this.#options = options;
    this.#relay = Relay.listen({ target: { port: server.port } });
    this.#clients = new CommitClients(server, CLIENTS);
  }

  #start(dir: string): void {
    const io = { stdin: "null", stdout: "null", stderr: "piped" } as const;
    const { port } = this.#relay;
    this.#dumper = this.#options.withoutSync
      ? new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", FAULTY, String(port), dir, "never"],
        ...io,
      }).spawn()
      : binlogdCommand(
        [
          "dump",
          sourceUrl(this.#server, "repl", port),
          `--dir=${dir}`,
          "--follow",
          "--semi-sync",
          "--ssl-mode=DISABLED",
          "--get-server-public-key",
        ],
        {},
        io,
      ).spawn();
    this.#said = "";
    this.#hear(this.#dumper);
  }

  async #hear(dumper: Deno.ChildProcess): Promise<void> {
    for await (const text of dumper.stderr.pipeThrough(new TextDecoderStream())) {
      if (dumper === this.#dumper) this.#said = (this.#said + text).slice(-SAID_MAX);
    }
  }

  async #kill(): Promise<void> {
    try {
      this.#dumper?.kill("SIGKILL");
    } catch {
      // ended by itself
    }
    await this.#dumper?.status;
  }

  async #commitsGoOn(): Promise<void> {
    const before = this.#clients.ledger.size;
    const enough = (): boolean => this.#clients.ledger.size >= before + COMMITS_BEFORE;
    await waitUntil(enough, LIMIT_MS).catch(async (cause) => {
      const processes = await this.#server.sql("SHOW PROCESSLIST").catch(String);
      throw new Error(`No commits go on: ${this.#said}\n${processes}`, { cause });
    });
    const { on, noTx } = await semiSyncCounters(this.#server);
    if (!on || noTx > 0) this.report.faults.push(`the source fell back: ${on}, no_tx ${noTx}`);
  }

  /** The moment before the cut. */
  async #wait(): Promise<void> {
    const { random } = this.#options;
    if (!this.#options.afterReconnect) return await delay(random() * 400);
    const connections = this.#relay.connections;
    this.#relay.cutAll();
    await waitUntil(() => this.#relay.connections > connections, LIMIT_MS);
    await delay(random() * 60);
  }

  async round(disk: LoopDisk): Promise<void> {
    const dir = `${disk.folder}/store`;
    const first = this.#clients.ledger.size;
    this.#start(dir);
    await this.#commitsGoOn();
    await this.#wait();
    // The machine stops as a whole: without this a sync that the cut overtakes may return as if
    // it had been done (ext4 takes a transaction that its abort ended for a committed one), and
    // be acknowledged by a process that has no power any more.
    this.#dumper!.kill("SIGSTOP");
    await disk.cutPower();
    await this.#kill();
    await disk.unmount();
    await disk.mount();
    const lost = await this.#lost(dir, this.#options.withoutSync ? first : 0);
    this.report.rounds++;
    this.report.losses += lost;
    if (lost > 0) this.report.roundsWithLoss++;
  }

  /** Commits that returned and are not in the store as it comes up after the cut. */
  async #lost(dir: string, from: number): Promise<number> {
    const returned = this.#clients.ledger.slice(from, this.#clients.ledger.size);
    try {
      const store = await Store.open({ dir, log: new Logger({ write: () => {} }) });
      store.close();
    } catch (error) {
      // Shorter than it was durable, say: the store itself knows that something is lost.
      if (!this.#options.withoutSync) this.report.faults.push((error as Error).message);
    }
    const contents = new StoreContents(dir);
    try {
      contents.update();
    } catch (error) {
      // Without syncs a file system may leave zeros where data was to be.
      if (!this.#options.withoutSync) this.report.faults.push((error as Error).message);
    }
    this.report.faults.push(...contents.faults);
    const lost = returned.filter((commit) => contents.gtidOf(commit) === undefined);
    if (lost.length > 0 && !this.#options.withoutSync) {
      const names = lost.map(({ client, number }) => `${client}:${number}`).join(", ");
      this.report.faults.push(`lost of ${returned.length} in ${contents.size}: ${names}`);
    }
    return lost.length;
  }

  async run(): Promise<void> {
    await waitUntil(async () => (await semiSyncCounters(this.#server)).waiting > 0, LIMIT_MS);
    let disk = await LoopDisk.create(this.#base);
    try {
      for (let i = 0; i < this.#options.rounds; i++) {
        if (this.#options.withoutSync && i > 0) {
          await disk.unmount();
          disk = await LoopDisk.create(this.#base);
        }
        await this.round(disk);
      }
      this.report.commits = this.#clients.ledger.size;
    } finally {
      this.#relay.stop();
      await this.#kill();
      await disk.unmount().catch(() => {});
    }
  }

  /** Ends the clients, whose commits wait for an ACK that never comes. */
  async end(): Promise<void> {
    const stopped = this.#clients.stop();
    await this.#server.kill9();
    await stopped;
  }
}

/**
 * Cuts the power of the store's disk at random moments while clients commit, and counts commits
 * that returned and are not in the store afterwards.
 */
export async function runPowerCuts(options: PowerCutOptions): Promise<PowerCutReport> {
  await using server = await RealServer.start(options.kind, {
    semiSync: true,
    config: patientSource(KINDS[options.kind].flavour),
  });
  const prefix = server.flavour === "mysql" ? "rpl_semi_sync_source" : "rpl_semi_sync_master";
  const base = await Deno.makeTempDir({ prefix: "binlogd-power-" });
  await server.sql(
    `SET sql_log_bin=0; ${CommitClients.SCHEMA}; SET GLOBAL ${prefix}_wait_no_${
      server.flavour === "mysql" ? "replica" : "slave"
    }=ON`,
  );
  const cuts = new PowerCuts(server, base, options);
  try {
    await cuts.run();
    return cuts.report;
  } finally {
    await cuts.end();
    await Deno.remove(base, { recursive: true }).catch(() => {});
  }
}
