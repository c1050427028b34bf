import { ServerError } from "../errors.ts";
import { Logger } from "../log.ts";
import { connectSource } from "./connect.ts";
import { probeSemiSync } from "./semi_sync_setup.ts";
import type { SemiSyncWatch } from "./semi_sync_watch.ts";
import type { SourceConnection } from "./source_connection.ts";
import type { SourceOptions } from "./source_options.ts";
import { pause } from "../pause.ts";

/** Time one question may take; SHOW BINARY LOGS hangs while a semi-sync commit waits. */
const QUERY_LIMIT_MS = 2000;
const INTERVAL_MS = 5000;

/** A binlog file as the source lists it. */
export interface SourceFile {
  name: string;
  size: number;
}

/** Settings of {@link SourceMonitor}. */
export interface MonitorOptions {
  source: SourceOptions;
  log: Logger;
  dir: string;
  /** Whether the dump goes on for ever. */
  follow: boolean;
  /** Where the store ends. */
  position: () => { file: string; written: number } | undefined;
  /** Told of the source's semi-sync status, for a dump that acknowledges. */
  semiSync?: SemiSyncWatch | undefined;
  /** Told of the source's files each time they are known. */
  onFiles?: (files: SourceFile[]) => void;
}

/**
 * A second connection to the source, beside the dump and never in its way: what files there are
 * (with REPLICATION CLIENT or BINLOG MONITOR), and whether the source still waits for our ACKs.
 * Each question has a time limit; whatever fails, the dump goes on.
 */
export class SourceMonitor {
  readonly #options: MonitorOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #files: boolean | undefined;
  #prefix: string | undefined;
  #spaceChecked = false;
  /** Oldest file that was warned about. */
  #warnedFile: string | undefined;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#running = this.#loop();
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#abort;
    // The dump's own connection has said what is to be said about logging in.
    const quiet = new Logger({ write: () => {} });
    while (!signal.aborted) {
      let connection: SourceConnection | undefined;
      // A question under way must not hold up the end of the dump.
      const onAbort = (): void => connection?.close();
      signal.addEventListener("abort", onAbort);
      try {
        connection = await connectSource(this.#options.source, quiet, signal);
        while (!signal.aborted) {
          await this.#ask(connection);
          if (this.#files === false && !this.#options.semiSync) return;
          await pause(INTERVAL_MS, signal);
        }
      } catch (error) {
        if (!signal.aborted) {
          this.#options.log.debug("monitor", { error: (error as Error).message });
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
        connection?.close();
      }
      await pause(INTERVAL_MS, signal);
    }
  }

  async #ask(connection: SourceConnection): Promise<void> {
    const { semiSync } = this.#options;
    if (semiSync) await this.#askSemiSync(connection, semiSync);
    if (this.#files === false) return;
    try {
      const { rows } = await connection.query("SHOW BINARY LOGS", QUERY_LIMIT_MS);
      this.#files = true;
      const files = rows.map(([name, size]) => ({ name: name ?? "", size: Number(size) }));
      await this.#checkSpace(files);
      this.#checkPurge(files);
      this.#options.onFiles?.(files);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.#files = false;
      this.#options.log.debug("no privilege to list the source's files", { error: error.message });
    }
  }

  /** Says once when what the dump still needs is what the source will purge next. */
  #checkPurge(files: SourceFile[]): void {
    const oldest = files[0];
    const at = this.#options.position();
    if (!oldest || !at || at.file !== oldest.name || files.length < 2) return;
    const missing = files.reduce((sum, { size }) => sum + size, 0) - at.written;
    if (!this.#options.follow || this.#warnedFile === oldest.name || missing <= 0) return;
    this.#warnedFile = oldest.name;
    this.#options.log.warning("the file being fetched is the one the source purges next", {
      file: oldest.name,
      bytes_behind: missing,
      hint:
        "do not purge on the source, and raise its binlog_expire_logs_seconds, until the dump " +
        "has caught up",
    });
  }

  /** Before much is fetched: does it fit? */
  async #checkSpace(files: SourceFile[]): Promise<void> {
    if (this.#spaceChecked) return;
    this.#spaceChecked = true;
    const { dir, log } = this.#options;
    let free: number;
    try {
      // Loaded where it is needed: that takes as long as a small dump's whole login.
      const { statfsSync } = await import("node:fs");
      const info = statfsSync(dir);
      free = Number(info.bavail) * Number(info.bsize);
    } catch {
      return; // not every file system says
    }
    let missing = 0;
    for (const { name, size } of files) {
      try {
        missing += Math.max(0, size - Deno.statSync(`${dir}/${name}`).size);
      } catch {
        missing += size;
      }
    }
    if (missing > free) {
      log.warning("the source holds more than fits on the disk", {
        needed_bytes: missing,
        free_bytes: free,
        hint: "begin later with --start-file, or make room",
      });
    }
  }

  async #askSemiSync(connection: SourceConnection, watch: SemiSyncWatch): Promise<void> {
    this.#prefix ??= (await probeSemiSync(connection))?.prefix;
    if (this.#prefix === undefined) return;
    const { rows } = await connection.query(`SHOW STATUS LIKE '${this.#prefix}%'`, QUERY_LIMIT_MS);
    const values = new Map(
      rows.map(([name, value]) => [name!.toLowerCase().slice(this.#prefix!.length), value]),
    );
    watch.observe({
      on: values.get("status") === "ON",
      noTx: Number(values.get("no_tx") ?? 0),
      clients: Number(values.get("clients") ?? 0),
    });
  }
}
