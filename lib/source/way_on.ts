import { BytesDifferError, FormatError, type ServerError } from "../errors.ts";
import { UnclosedFileError } from "../pipeline/unclosed_file_error.ts";
import type { SourceIdentity } from "../store/identity.ts";
import { AskAgain } from "./ask_again.ts";
import type { DumpOptions } from "./dump_options.ts";
import type { RequestChoice } from "./dump_request.ts";
import { SourceShorterError } from "./dump_stream.ts";
import { readStoreGtids } from "../store/store_gtids.ts";
import { readFileHead } from "./file_head.ts";
import { findSourceFile } from "./find_file.ts";
import * as gaps from "./gap.ts";

/** What is asked for when the source can't go on where the store ends. */
export class WayOn {
  readonly #options: DumpOptions;
  /** File to begin although the store ends in the one before it. */
  #nextFile: string | undefined;
  /** The store's last file is asked for from its beginning, since its end made no sense. */
  #wholeFile = false;
  /** File of the store that was left without a rotate event, and is asked for its end again. */
  #unclosed: string | undefined;
  /** Where bytes made no sense that may have been spoilt on their way. */
  #doubted: number | undefined;
  /** End of the store as the source has shown it from the beginning of its file. */
  #shownTo: string | undefined;

  constructor(options: DumpOptions) {
    this.#options = options;
  }

  /** What the next request has to be told. */
  get request(): Pick<RequestChoice, "nextFile" | "wholeFile"> {
    return {
      wholeFile: this.#wholeFile,
      ...(this.#nextFile === undefined ? {} : { nextFile: this.#nextFile }),
    };
  }

  /** File that the next stream may leave without a rotate event. */
  get mayLeave(): string | undefined {
    return this.#unclosed;
  }

  /** Events came. */
  begun(): void {
    this.#nextFile = undefined;
  }

  /** The source has shown all that the store holds of the file, as it was asked to. */
  shown(): void {
    this.#doubted = undefined;
    if (!this.#wholeFile) return;
    this.#wholeFile = false;
    this.#shownTo = this.#end;
  }

  get #end(): string {
    const { last } = this.#options.store;
    return `${last?.file}:${last?.eventEnd}`;
  }

  /**
   * What follows from an error of a connection to the source `now`: AskAgain where there is a way on,
   * which is noted; an error that names both sides where there is none; undefined where the error is
   * about something else.
   */
  async after(
    error: unknown,
    now: SourceIdentity | undefined,
    startFile: string | undefined,
    signal: AbortSignal,
  ): Promise<Error | undefined> {
    const { store } = this.#options;
    if (error instanceof UnclosedFileError) {
      this.#unclosed = error.file;
      return new AskAgain(`${error.message}; asking for its end again`, { cause: error });
    }
    if (!store.last) {
      if (!gaps.isMissingFile(error)) return undefined;
      const oldest = await this.#oldestFile(signal);
      return gaps.noStartFileError(error as ServerError, startFile ?? "", oldest);
    }
    if (error instanceof BytesDifferError) return gaps.differenceError(store, now, error);
    if (gaps.isShorterSource(error) || error instanceof SourceShorterError) {
      return gaps.shorterSourceError(store, error, now);
    }
    return await this.#missing(error, now, signal) ?? gaps.otherServerError(store, now, error) ??
      this.#nonsense(error);
  }

  #oldestFile(signal: AbortSignal): Promise<string> {
    const { source, log, heartbeatMs } = this.#options;
    return findSourceFile({ ...source, heartbeatMs }, log, signal);
  }

  /** The source does not have the store's last file. */
  async #missing(
    error: unknown,
    now: SourceIdentity | undefined,
    signal: AbortSignal,
  ): Promise<Error | undefined> {
    const { store, log, continueAfterGap } = this.#options;
    if (!gaps.isMissingFile(error) || this.#nextFile !== undefined) return undefined;
    const oldest = await this.#oldestFile(signal);
    let verdict = gaps.judgeGap(store, oldest, now);
    if (verdict.kind !== "replaced" && !await this.#mayFollow(oldest, signal)) {
      verdict = { kind: "replaced", oldest };
    }
    if (verdict.kind === "next") {
      log.info("the source purged the store's last file, which is complete", {
        file: store.last!.file,
        next: verdict.file,
      });
      this.#nextFile = verdict.file;
    } else if (verdict.kind === "purged" && continueAfterGap) {
      await store.acceptHole(verdict.oldest, "purged on the source");
    } else return gaps.gapError(store, verdict, error, now);
    return new AskAgain("going on with the next file of the source", { cause: error });
  }

  /** No byte of the store is shown again where a file follows it: GTIDs tell whether it belongs. */
  async #mayFollow(file: string, signal: AbortSignal): Promise<boolean> {
    const { store, source, log, heartbeatMs } = this.#options;
    const last = store.last!;
    const held = readStoreGtids(`${store.dir}/${last.file}`, last.file, last.transactionEnd);
    const head = await readFileHead({ ...source, heartbeatMs }, log, signal, file);
    return gaps.mayFollow(head, held);
  }

  /** Where the place asked for made no sense, the file's beginning tells whose fault that is. */
  #nonsense(error: unknown): Error | undefined {
    if (this.#wholeFile || this.#shownTo === this.#end) return undefined;
    if (!gaps.isNonsense(this.#options.store, error)) return undefined;
    if (error instanceof FormatError && this.#doubted !== error.details.position) {
      this.#doubted = error.details.position;
      return undefined;
    }
    this.#wholeFile = true;
    return new AskAgain("the source can't go on here; comparing the file from its beginning", {
      cause: error,
    });
  }
}
