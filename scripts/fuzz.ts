/**
 * Reads mutated binlog files and packets, again and again: each must end in a typed error or cleanly, soon,
 * and without more memory than is bounded. A seed makes a run repeatable.
 *
 *     deno run -A scripts/fuzz.ts [--rounds N] [--seed N] [FILE…]
 *
 * Files to begin with are those named, else a few that are made here.
 *
 * @module
 */
import { BinlogdError } from "../lib/errors.ts";
import { FUZZ_TARGETS } from "./fuzz/targets.ts";
import { mutate, Random } from "./fuzz/mutate.ts";
import { seedFiles } from "./fuzz/seeds.ts";

/** Settings of {@link fuzz}. */
export interface FuzzOptions {
  rounds: number;
  seed: number;
  /** Files to begin with. */
  files: Uint8Array<ArrayBuffer>[];
  /** Told now and then how far it has come. */
  onProgress?: (round: number) => void;
}

/** A round that did not end as it must. */
export interface FuzzFailure {
  round: number;
  target: string;
  what: string;
  input: Uint8Array;
}

/** How a run ended. */
export interface FuzzOutcome {
  rounds: number;
  /** Rounds that ended with a typed error. */
  errors: number;
  slowestMs: number;
  memory: number;
  failure?: FuzzFailure;
}

/** One round takes no longer. */
const ROUND_MS_MAX = 5000;
/** Resident memory beyond what the run began with, with what was not collected yet. */
const MEMORY_MAX = 1024 * 1024 * 1024;
const PROGRESS_ROUNDS = 10_000;

/** Runs `rounds` rounds, each with a mutated file and one target. Stops at the first failure. */
export async function fuzz(options: FuzzOptions): Promise<FuzzOutcome> {
  const { rounds, seed, files, onProgress } = options;
  const before = Deno.memoryUsage().rss;
  const outcome: FuzzOutcome = { rounds: 0, errors: 0, slowestMs: 0, memory: 0 };
  for (let round = 0; round < rounds; round++) {
    const random = new Random(seed + round);
    const input = mutate(files[random.below(files.length)]!, random);
    const target = FUZZ_TARGETS[random.below(FUZZ_TARGETS.length)]!;
    const fail = (what: string): FuzzFailure => ({ round, target: target.name, what, input });
    const start = performance.now();
    try {
      await target.run(input, random);
    } catch (error) {
      if (error instanceof BinlogdError) outcome.errors++;
      else {
        const text = error instanceof Error ? error.stack ?? error.message : String(error);
        outcome.failure = fail(text);
        return outcome;
      }
    }
    const took = performance.now() - start;
    outcome.slowestMs = Math.max(outcome.slowestMs, took);
    outcome.rounds++;
    if (took > ROUND_MS_MAX) {
      outcome.failure = fail(`took ${Math.round(took)} ms`);
      return outcome;
    }
    if (round % 64 === 0) {
      // Memory that nobody holds is given back between tasks only.
      await new Promise((resolve) => setTimeout(resolve, 0));
      outcome.memory = Math.max(outcome.memory, Deno.memoryUsage().rss - before);
      if (outcome.memory > MEMORY_MAX) {
        outcome.failure = fail(`takes ${outcome.memory} bytes of memory`);
        return outcome;
      }
    }
    if (round % PROGRESS_ROUNDS === 0) onProgress?.(round);
  }
  return outcome;
}

function argument(name: string, fallback: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(Deno.args[at + 1]);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  const rounds = argument("rounds", 1_000_000);
  const seed = argument("seed", Date.now() % 1_000_000_000);
  const named = Deno.args.filter((word, i) =>
    !word.startsWith("--") && !Deno.args[i - 1]?.startsWith("--")
  );
  const files = named.length > 0
    ? await Promise.all(named.map((path) => Deno.readFile(path)))
    : seedFiles();
  print(`seed ${seed}, ${rounds} rounds, ${files.length} files`);
  const start = performance.now();
  const onProgress = (round: number): void => {
    const perSecond = Math.round(round / ((performance.now() - start) / 1000));
    print(`round ${round}, ${perSecond} a second`);
  };
  const { failure, ...outcome } = await fuzz({ rounds, seed, files, onProgress });
  print(JSON.stringify(outcome));
  if (failure) {
    const path = await Deno.makeTempFile({ prefix: "binlogd-fuzz-" });
    await Deno.writeFile(path, failure.input);
    print(
      `FAILED in round ${failure.round} (--seed ${seed + failure.round} --rounds 1), target ` +
        `${failure.target}: ${failure.what}\ninput kept in ${path}`,
    );
    Deno.exit(1);
  }
}
