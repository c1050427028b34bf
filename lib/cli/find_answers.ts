import { BINLOG_MAGIC } from "../binlog/event_header.ts";
import { recoveryCommands, type StartPoint } from "../inspect/find_recovery.ts";
import type { FoundTransaction } from "../inspect/find_scan.ts";
import { damageOf } from "../inspect/list_damage.ts";
import type { IndexedSeries } from "../inspect/list_files.ts";
import type { StoreHole } from "../store/identity.ts";
import type { CommandContext } from "./command.ts";
import { foundJson, foundLine, recoveryLines } from "./find_output.ts";

/** What is known of the files of a question besides what is in them. */
export interface AboutFiles {
  /** Where the backup stands. */
  start: StartPoint | undefined;
  holes: readonly StoreHole[];
  /** In the index, but not in the folder. */
  missing: readonly string[];
}

/** Prints answers; the commands only for a single one. */
export class FindAnswers {
  readonly #context: CommandContext;
  readonly #series: IndexedSeries;
  readonly #start: StartPoint | undefined;
  readonly #holes: readonly StoreHole[];
  readonly #missing: readonly string[];
  #held: FoundTransaction | undefined;
  count = 0;
  /** Some file could not be read to its end, or is missing, and there may be more in it. */
  doubtful = false;
  /** File of the first answer. */
  first: string | undefined;

  constructor(context: CommandContext, series: IndexedSeries, about: AboutFiles) {
    this.#context = context;
    this.#series = series;
    this.#start = about.start;
    this.#holes = about.holes;
    this.#missing = about.missing;
  }

  readonly add = (transaction: FoundTransaction): void => {
    this.count++;
    this.first ??= transaction.file;
    if (this.count === 1) {
      this.#held = transaction;
      return;
    }
    if (this.#held) this.#print(this.#held, false);
    this.#held = undefined;
    this.#print(transaction, false);
  };

  /** Says which of these files could not be read to their end, so that more may be in them. */
  doubt(files: IndexedSeries["files"]): void {
    for (const entry of files) {
      const damage = damageOf(entry, entry === this.#series.files.at(-1));
      // A file without any event holds nothing.
      if (!damage || entry.size <= BINLOG_MAGIC.length) continue;
      this.doubtful = true;
      this.#context.log.warning("a file can't be searched to its end", {
        file: entry.file,
        ...(damage.position === undefined ? {} : { position: damage.position }),
        error: damage.message,
      });
    }
  }

  /** Notes that more may be in the files that are missing, if it may be in one of them. */
  doubtMissing(mayBeIn: (file: string) => boolean = () => true): void {
    if (this.#missing.some(mayBeIn)) this.doubtful = true;
  }

  /** Prints what is left. */
  end(): void {
    if (this.#held) this.#print(this.#held, true);
  }

  #print(transaction: FoundTransaction, commands: boolean): void {
    const { dir, files } = this.#series;
    const { options, stdout } = this.#context;
    const recovery = commands
      ? recoveryCommands({ dir, files, holes: this.#holes }, transaction, this.#start)
      : undefined;
    if (options.json === true) {
      stdout(foundJson(transaction, recovery));
      return;
    }
    stdout(foundLine(transaction, options.utc === true));
    if (recovery) stdout(recoveryLines(recovery));
  }
}
