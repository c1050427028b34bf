import { EVENT_HEADER_SIZE, HEADER_OFFSET } from "../binlog/event_header.ts";
import { EVENT_TYPE } from "../binlog/event_type.ts";
import {
  decodeGtid,
  decodeMariadbGtid,
  decodeTaggedGtid,
  type GtidTracker,
  type MysqlGtid,
} from "../binlog/gtid_event.ts";
import { GtidSet } from "../gtid/gtid_set.ts";
import { MariadbPosition } from "../gtid/mariadb_position.ts";
import { MissingDomains } from "../gtid/missing_domains.ts";

/**
 * What a GTID set or position has that is not held. A transaction costs a search in it, however large
 * it is: to compare whole sets after each one would take milliseconds.
 */
export class MissingGtids {
  readonly #target: string;
  #mysqlTarget: GtidSet | undefined;
  #mariadbTarget: MariadbPosition | undefined;
  #mysql: GtidSet | undefined;
  #mariadb: MissingDomains | undefined;

  constructor(target: string) {
    this.#target = target;
  }

  /**
   * Begins anew with what is held, which says of which kind the target has to be: all of it is
   * missing while nothing is known of either.
   * @throws {FormatError} where it is of the other kind.
   */
  begin({ mysql, mariadb }: Pick<GtidTracker, "mysql" | "mariadb">): void {
    this.#mysql = this.#mariadb = undefined;
    if (mysql) {
      this.#mysqlTarget ??= GtidSet.parse(this.#target);
      this.#mysql = this.#mysqlTarget.clone().subtract(mysql);
    } else if (mariadb) {
      this.#mariadbTarget ??= MariadbPosition.parse(this.#target);
      this.#mariadb = new MissingDomains(this.#mariadbTarget, mariadb);
    }
  }

  get isEmpty(): boolean {
    return this.#mysql?.isEmpty ?? this.#mariadb?.isEmpty ?? false;
  }

  /** Takes the GTID event, without checksum, of a transaction that is held from now on. */
  take(event: Uint8Array): void {
    const body = event.subarray(EVENT_HEADER_SIZE);
    switch (event[HEADER_OFFSET.eventType]) {
      case EVENT_TYPE.GTID_LOG_EVENT:
        return this.#remove(decodeGtid(body));
      case EVENT_TYPE.GTID_TAGGED_LOG_EVENT:
        return this.#remove(decodeTaggedGtid(body));
      case EVENT_TYPE.GTID_EVENT:
        this.#mariadb?.moved(decodeMariadbGtid(event));
    }
  }

  #remove({ uuid, tag, gno }: MysqlGtid): void {
    this.#mysql?.remove(uuid, tag, gno);
  }
}
