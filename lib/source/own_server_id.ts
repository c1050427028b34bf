import type { Logger } from "../log.ts";
import type { Flavour } from "../store/identity.ts";

const SERVER_ID_MAX = 0xffff_ffff;

/**
 * The server_id that a dump gives itself: the store's, but where a MariaDB source is stuck on it.
 *
 * A source ends an older dump of the same server_id first, and MariaDB waits until it is gone
 * (kill_zombie_dump_threads in sql_repl.cc). A semi-sync dump whose connection was cut may hang for
 * ever in Ack_receiver::remove_slave (seen with 10.11.19), and with it every dump of that
 * server_id. One of another server_id does not wait for them.
 */
export class OwnServerId {
  readonly #standard: number;
  readonly #log: Logger;
  #value: number;

  constructor(standard: number, log: Logger) {
    this.#standard = this.#value = standard;
    this.#log = log;
  }

  get value(): number {
    return this.#value;
  }

  /** A source took the request for a dump, and then not one byte came. */
  unanswered(flavour: Flavour): void {
    if (flavour !== "mariadb") return;
    const other = this.#standard === SERVER_ID_MAX ? this.#standard - 1 : this.#standard + 1;
    const before = this.#value;
    this.#value = before === this.#standard ? other : this.#standard;
    this.#log.warning("the source answers no dump of this server_id, trying another", {
      server_id: before,
      next: this.#value,
    });
  }
}
