import { Relay } from "../../lib/proxy/relay.ts";
import { caughtUp, RunningBinlogd, sourceUrl, waitUntil } from "../../tests/_binlogd.ts";
import { patientSource, semiSyncCounters } from "../../tests/_semi_sync.ts";
import { compareBinlogFiles } from "../compare_files.ts";
import { KINDS, type ServerKind } from "../testbed/kinds.ts";
import { RealServer } from "../testbed/server.ts";
import { CommitClients } from "./commit_clients.ts";
import { plannedGtid } from "./commit_ledger.ts";
import { StoreContents } from "./store_contents.ts";

/** What happens in a round. */
export type Disaster = "dumper kill" | "source kill" | "link cut";

/** Settings of {@link runCrashRounds}. */
export interface CrashOptions {
  kind: ServerKind;
  rounds: Record<Disaster, number>;
  clients: number;
  seed: number;
  /** Told of each round. */
  onRound?: (round: number, disaster: Disaster, commits: number) => void;
}

/** What came of it. */
export interface CrashReport {
  rounds: number;
  /** Commits that returned to their client. */
  commits: number;
  /** Commits that returned and are not in the store. */
  losses: number;
  /** Anything else that is wrong. */
  faults: string[];
  /** Files of the source, and those of them that differ in a way that the source's crash explains. */
  files: number;
  exceptions: string[];
}

/** A round waits this long at most for commits to go on. */
const RECOVERY_LIMIT_MS = 60_000;
/** How often the source is asked how it is. */
const LOOK_MS = 50;
const COMMITS_BETWEEN = 10;

/** A seeded generator (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(rounds: Record<Disaster, number>, random: () => number): Disaster[] {
  const list = (Object.keys(rounds) as Disaster[])
    .flatMap((disaster) => Array<Disaster>(rounds[disaster]).fill(disaster));
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One source, one dumper, clients that commit, and what goes wrong between them. */
class CrashTest {
  readonly #server: RealServer;
  readonly #dir: string;
  readonly #relay: Relay;
  readonly #clients: CommitClients;
  readonly #contents: StoreContents;
  readonly #random: () => number;
  #dumper: RunningBinlogd;
  #checked = 0;
  losses = 0;
  readonly faults: string[] = [];

  constructor(server: RealServer, dir: string, options: CrashOptions, random: () => number) {
    this.#server = server;
    this.#dir = dir;
    this.#random = random;
    this.#relay = Relay.listen({ target: { port: server.port }, seed: options.seed });
    this.#contents = new StoreContents(dir);
    this.#dumper = this.#startDumper();
    this.#clients = new CommitClients(server, options.clients);
  }

  get commits(): number {
    return this.#clients.ledger.size;
  }

  #startDumper(): RunningBinlogd {
    return new RunningBinlogd([
      "dump",
      sourceUrl(this.#server, "repl", this.#relay.port),
      `--dir=${this.#dir}`,
      "--follow",
      "--semi-sync",
      "--ssl-mode=DISABLED",
      "--get-server-public-key",
    ]);
  }

  /** Commits go on, waiting for our ACKs, and none was let through without one. */
  async flowing(): Promise<void> {
    const before = this.commits;
    await this.#dumper.until(() => this.commits >= before + COMMITS_BETWEEN, RECOVERY_LIMIT_MS);
    let counters = await semiSyncCounters(this.#server);
    // A link that is cut twice may just be so again: commits wait, and the dumper is on its way back.
    // The thread of a connection that is gone counts until the source has seen its end.
    for (let left = RECOVERY_LIMIT_MS; counters.clients !== 1 && left > 0; left -= LOOK_MS) {
      await delay(LOOK_MS);
      counters = await semiSyncCounters(this.#server);
    }
    const { on, noTx, clients } = counters;
    if (on && noTx === 0 && clients === 1) return;
    this.faults.push(`the source fell back: status ${on}, no_tx ${noTx}, clients ${clients}`);
  }

  async strike(disaster: Disaster): Promise<void> {
    await delay(this.#random() * 400);
    if (disaster === "dumper kill") {
      this.#dumper.kill("SIGKILL");
      await this.#dumper.ended();
      this.check();
      this.#dumper = this.#startDumper();
    } else if (disaster === "source kill") {
      await this.#server.kill9();
      this.check();
      await this.#server.launch();
    } else {
      if (this.#random() < 0.5) {
        // The next connection is cut as well, somewhere.
        const at = Math.floor(this.#random() * 200_000);
        this.#relay.faults = [{ kind: "cut", direction: "down", at, amount: 0 }];
      }
      this.#relay.cutAll();
      this.check();
      await delay(this.#random() * 200);
      this.#relay.faults = [];
    }
  }

  /** Everything that had returned before the store was read is in it. */
  check(): void {
    const { ledger } = this.#clients;
    const until = ledger.size;
    this.#contents.update();
    for (const commit of ledger.slice(this.#checked, until)) {
      const gtid = this.#contents.gtidOf(commit);
      if (gtid === undefined) {
        this.losses++;
        this.faults.push(`lost: client ${commit.client}, transaction ${commit.number}`);
      } else if (gtid !== plannedGtid(commit, this.#server.flavour)) {
        this.faults.push(`client ${commit.client}, transaction ${commit.number} has GTID ${gtid}`);
      }
    }
    this.#checked = until;
  }

  /** Ends the load, reads the whole store anew, and compares it with the source. */
  async finish(): Promise<{ files: number; exceptions: string[] }> {
    await this.#clients.stop();
    await this.#dumper.until(() => caughtUp(this.#server, this.#dir), RECOVERY_LIMIT_MS);
    const { code, stderr } = await this.#dumper.stop();
    if (code !== 0) this.faults.push(`binlogd ended with ${code}: ${stderr.slice(-1000)}`);
    const all = new StoreContents(this.#dir);
    all.update();
    for (const commit of this.#clients.ledger.slice(0, this.commits)) {
      if (all.gtidOf(commit) === undefined) {
        this.losses++;
        this.faults.push(`lost at the end: client ${commit.client}, ${commit.number}`);
      }
    }
    this.faults.push(...this.#contents.faults, ...all.faults);
    const exceptions: string[] = [];
    const files = await this.#server.binlogFiles();
    for (const [index, file] of files.entries()) {
      const result = await compareBinlogFiles(
        `${this.#dir}/${file}`,
        `${this.#server.binlogDir}/${file}`,
        { active: index === files.length - 1, crashed: true },
      );
      if (!result.equal) this.faults.push(`${file} differs: ${result.reason}`);
      else if (result.exception === "in-use flag" && index < files.length - 1) {
        exceptions.push(`${file}: ${result.exception}`);
      } else if (result.exception === "source tail cut by recovery") {
        this.faults.push(`${file}: the source lost what it had sent`);
      }
    }
    return { files: files.length, exceptions };
  }

  end(): void {
    this.#dumper.kill("SIGKILL");
    this.#relay.stop();
  }
}

/**
 * Kills the dumper, kills the source, cuts the link, at random moments while clients commit, and
 * counts commits that returned and are not in the store afterwards. The source waits for ACKs for
 * ten minutes: it never falls back, which each round checks.
 */
export async function runCrashRounds(options: CrashOptions): Promise<CrashReport> {
  const random = generator(options.seed);
  const { flavour } = KINDS[options.kind];
  await using server = await RealServer.start(options.kind, {
    semiSync: true,
    config: [...patientSource(flavour), "max-binlog-size=1M"],
  });
  const dir = await Deno.makeTempDir({ prefix: "binlogd-crash-" });
  let test: CrashTest | undefined;
  try {
    await server.sql(`SET sql_log_bin=0; ${CommitClients.SCHEMA}`);
    test = new CrashTest(server, dir, options, random);
    await waitUntil(() => test!.commits > 0, RECOVERY_LIMIT_MS);
    let round = 0;
    for (const disaster of shuffled(options.rounds, random)) {
      await test.strike(disaster);
      await test.flowing();
      round++;
      options.onRound?.(round, disaster, test.commits);
    }
    const { files, exceptions } = await test.finish();
    const { commits, losses, faults } = test;
    return { rounds: round, commits, losses, faults, files, exceptions };
  } finally {
    test?.end();
    await Deno.remove(dir, { recursive: true }).catch(() => {});
  }
}
