import type { Logger } from "../log.ts";
import type { Account, AccountPlugin } from "./account.ts";
import { likeFilter } from "./sql_show.ts";
import { readUsersFile } from "./users_file.ts";

/** Least time between two looks at the file. */
const LOOK_MS = 1000;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

function hostMatches(pattern: string, address: string): boolean {
  if (pattern === "%" || pattern === "") return true;
  if (pattern === "localhost") return LOOPBACK.test(address);
  return likeFilter(pattern)(address.replace(/^::ffff:/, ""));
}

/** The accounts of a users file, read again when it has changed. */
export class AccountList {
  readonly #path: string;
  readonly #log: Logger;
  #accounts: Account[] = [];
  #mtime = -1;
  #looked = -Infinity;

  private constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /**
   * Reads the file.
   * @throws {UsageError}
   */
  static async open(path: string, log: Logger): Promise<AccountList> {
    const list = new AccountList(path, log);
    await list.#read();
    return list;
  }

  async #read(): Promise<void> {
    this.#looked = performance.now();
    const mtime = await Deno.stat(this.#path).then((info) => info.mtime?.getTime() ?? 0, () => 0);
    if (mtime === this.#mtime && mtime !== 0) return;
    this.#accounts = await readUsersFile(this.#path);
    this.#mtime = mtime;
  }

  get size(): number {
    return this.#accounts.length;
  }

  /** Plugin of each account. */
  get plugins(): AccountPlugin[] {
    return this.#accounts.map(({ plugin }) => plugin);
  }

  /** The account for a user at an address: the one with the most definite host first. */
  async find(user: string, address: string): Promise<Account | undefined> {
    if (performance.now() - this.#looked > LOOK_MS) {
      // What was read before stays in force while the file can't be read.
      await this.#read().catch((error) =>
        this.#log.warning("cannot read the users file again", { error: error.message })
      );
    }
    const fits = this.#accounts.filter(({ name, host }) =>
      name === user && hostMatches(host, address)
    );
    const vagueness = ({ host }: Account): number => /[%_]/.test(host) ? 1000 - host.length : 0;
    return fits.sort((a, b) => vagueness(a) - vagueness(b))[0];
  }
}
