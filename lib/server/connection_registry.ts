import type { Session } from "./session.ts";
import { SqlError } from "./sql_error.ts";
import type { StreamPlace } from "./binlog_stream.ts";

/** A replica as it registered itself, and as far as it has acknowledged. */
export interface ReplicaInfo {
  serverId: number;
  /** By COM_REGISTER_SLAVE; some tools dump without. */
  registered: boolean;
  /** From @replica_uuid or @slave_uuid; empty where it did not say. */
  uuid: string;
  host: string;
  port: number;
  user: string;
  semiSync: boolean;
  acked: { file: string; position: number } | undefined;
}

/** One connection, logged in or not yet. */
export interface ConnectionEntry {
  readonly id: number;
  /** Address and port of the client. */
  readonly peer: string;
  /** performance.now() of its beginning. */
  readonly since: number;
  session: Session | undefined;
  /** What it does now, and since when, performance.now(). */
  command: string;
  commandSince: number;
  info: string | undefined;
  replica: ReplicaInfo | undefined;
  /** It has asked for a dump, which may still be held until there is something to send. */
  dumping: boolean;
  /** Set while it dumps. */
  place: StreamPlace | undefined;
  /** Ends it after what was sent already; a dump gets `error` first, if there is one. */
  end(error?: SqlError): void;
}

/** All connections of a server by id, and those that dump. */
export class ConnectionRegistry {
  readonly #entries = new Map<number, ConnectionEntry>();
  #nextId = 1;
  #pending = 0;
  /** Connections accepted since the start. */
  accepted = 0;

  nextId(): number {
    // Ids are 32 bits in the greeting; at a thousand logins a second that lasts 49 days.
    const id = this.#nextId;
    this.#nextId = id >= 0xffff_fffe ? 1 : id + 1;
    return id;
  }

  add(entry: ConnectionEntry): void {
    this.accepted++;
    this.#pending++;
    this.#entries.set(entry.id, entry);
  }

  /** The connection has logged in. */
  loggedIn(entry: ConnectionEntry, session: Session): void {
    entry.session = session;
    this.#pending--;
  }

  remove(entry: ConnectionEntry): void {
    if (!this.#entries.delete(entry.id)) return;
    if (!entry.session) this.#pending--;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Connections that have not logged in yet. */
  get pending(): number {
    return this.#pending;
  }

  get(id: number): ConnectionEntry | undefined {
    return this.#entries.get(id);
  }

  all(): Iterable<ConnectionEntry> {
    return this.#entries.values();
  }

  /** The connection that has waited longest for a login. */
  oldestPending(): ConnectionEntry | undefined {
    for (const entry of this.#entries.values()) if (!entry.session) return entry;
    return undefined;
  }

  /** Connections that dump now. */
  dumps(): ConnectionEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.place !== undefined);
  }

  /**
   * Ends older dumps of the same replica, with these words: that with the same UUID, or without one
   * with the same server_id (rpl_source.cc kill_zombie_dump_threads).
   */
  endOlderDumps(entry: ConnectionEntry, words: string): void {
    const replica = entry.replica!;
    if (replica.uuid === "" && replica.serverId === 0) return;
    for (const other of [...this.#entries.values()]) {
      const theirs = other.replica;
      if (other === entry || !other.dumping || !theirs) continue;
      const same = replica.uuid !== ""
        ? theirs.uuid === replica.uuid
        : theirs.uuid === "" && theirs.serverId === replica.serverId;
      if (!same) continue;
      other.end(new SqlError("MASTER_FATAL_ERROR_READING_BINLOG", words));
    }
  }

  /** Whether some dump is reading a file. */
  inUse(file: string): boolean {
    return this.dumps().some(({ place }) => place!.file === file);
  }
}
