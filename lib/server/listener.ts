import { AuthError, BinlogdError, ConnectionError, StoreError, UsageError } from "../errors.ts";
import { acceptClients } from "../protocol/accept_clients.ts";
import { encodePacket } from "../protocol/packet.ts";
import { encodeErr } from "../protocol/response.ts";
import type { Account, AccountPlugin } from "./account.ts";
import { ClientStream } from "./client_stream.ts";
import { serveCommands } from "./client_connection.ts";
import type { ConnectionEntry } from "./connection_registry.ts";
import { FailedLogins } from "./failed_logins.ts";
import { OnceAMinute } from "./once_a_minute.ts";
import { waitForFirstFile } from "./first_file.ts";
import { acceptLogin, type LoggedIn } from "./login.ts";
import type { ServerState } from "./server_state.ts";
import { Session } from "./session.ts";
import { SQL_ERROR, SqlError } from "./sql_error.ts";
import { type TlsOptions, TlsRelay } from "./tls_relay.ts";

/** Connections that have not logged in yet; beyond it the one that waits longest is closed. */
const PENDING_MAX = 200;
/** Connections beyond the limit that accounts with the admin right may have. */
const ADMIN_EXTRA = 1;
/** How long connections have to end when the server stops. */
const STOP_LIMIT_MS = 5000;
/** How long a greeting waits for the first file of a store that has none yet. */
const FIRST_FILE_MS = 5000;
const ACCESS_DENIED = SQL_ERROR.ACCESS_DENIED[0];

/** Settings of {@link Listener}. */
export interface ListenerOptions {
  listen: { hostname: string; port: number };
  tls: TlsOptions | undefined;
  requireTls: boolean;
  maxConnections: number;
  loginTimeoutMs: number;
}

function listenError({ hostname, port }: ListenerOptions["listen"], cause: unknown): Error {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot listen on ${host}:${port}: ${reason}`;
  // That may pass, and is no fault of the command line: a service manager may try again.
  if (cause instanceof Deno.errors.AddrInUse) {
    const hint = "another server listens there: end it, or choose another port with --listen";
    return new StoreError(message, { hint, cause });
  }
  return new UsageError(message, { cause });
}

/** Answers an error in the place of a greeting. */
async function turnAway(conn: Deno.TcpConn, { code, message }: SqlError): Promise<void> {
  // Before a login an error has no SQLSTATE.
  const err = encodeErr({ code, sqlState: "", message });
  await conn.write(encodePacket(err, 0)).catch(() => {});
}

/** Accepts connections, sees them through the login, and serves them. */
export class Listener {
  readonly #state: ServerState;
  readonly #options: ListenerOptions;
  readonly #listener: Deno.TcpListener;
  readonly #relay: TlsRelay | undefined;
  readonly #failed = new FailedLogins();
  readonly #givenUp = new OnceAMinute();
  readonly #running = new Set<Promise<void>>();

  private constructor(state: ServerState, options: ListenerOptions) {
    this.#state = state;
    this.#options = options;
    this.#relay = options.tls && new TlsRelay(options.tls);
    try {
      this.#listener = Deno.listen(options.listen);
    } catch (error) {
      this.#relay?.close();
      throw listenError(options.listen, error);
    }
  }

  /**
   * Begins to listen.
   * @throws {StoreError} where somebody else does there; {UsageError} for an address of no use.
   */
  static start(state: ServerState, options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(state, options);
    acceptClients(listener.#listener, (conn) => listener.#begin(conn), (error) => {
      // Out of descriptors, or a client that was gone at once: the listener itself is well.
      state.log.warning("cannot accept connections", { error });
    });
    return Promise.resolve(listener);
  }

  get hostname(): string {
    return (this.#listener.addr as Deno.NetAddr).hostname;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  #begin(conn: Deno.TcpConn): void {
    const work = this.#serve(conn).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const { registry, log } = this.#state;
    const { hostname, port } = conn.remoteAddr as Deno.NetAddr;
    const client = new ClientStream(conn);
    const ended = new AbortController();
    const entry: ConnectionEntry = {
      id: registry.nextId(),
      peer: `${hostname}:${port}`,
      since: performance.now(),
      session: undefined,
      command: "Connect",
      commandSince: performance.now(),
      info: undefined,
      replica: undefined,
      dumping: false,
      place: undefined,
      end: (error) => {
        if (!ended.signal.aborted) ended.abort(error);
        // Whoever gets an error gets it within the limit, or not at all.
        if (error === undefined) client.sendAway();
        else client.limit();
      },
    };
    if (registry.size >= this.#options.maxConnections + ADMIN_EXTRA + PENDING_MAX) {
      await turnAway(conn, new SqlError("CON_COUNT_ERROR", "Too many connections"));
      // It has sent nothing yet, so that nothing is lost by this.
      return conn.close();
    }
    if (registry.pending >= PENDING_MAX) registry.oldestPending()?.end();
    registry.add(entry);
    try {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
      const loggedIn = await this.#login(conn, client, entry, hostname, ended.signal);
      if (loggedIn) await this.#commands(loggedIn, entry, ended.signal, hostname);
      await client.leave();
    } catch (error) {
      if (error instanceof BinlogdError) {
        log.debug("connection ends", { connection: entry.id, error: error.message });
      } else {
        log.error("fault in a connection", { connection: entry.id, error: String(error) });
      }
    } finally {
      registry.remove(entry);
      client.close();
    }
  }

  async #login(
    conn: Deno.TcpConn,
    client: ClientStream,
    entry: ConnectionEntry,
    address: string,
    signal: AbortSignal,
  ): Promise<LoggedIn | undefined> {
    const { log, catalog, accounts, fastHashes, rsaKey, upstream } = this.#state;
    if (!await waitForFirstFile(catalog, upstream, FIRST_FILE_MS, signal)) {
      // By a version of ours replicas would decide what to ask the source for. This code says to all
      // that it passes.
      const message = "binlogd has no binlog file yet: its source has sent none";
      if (!signal.aborted) await turnAway(conn, new SqlError("SERVER_SHUTDOWN", message));
      return undefined;
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      client.close();
    }, this.#options.loginTimeoutMs);
    const { mariadb, serverVersion } = catalog;
    const plugin: AccountPlugin = mariadb ? "mysql_native_password" : "caching_sha2_password";
    let channelError: SqlError | undefined;
    try {
      const loggedIn = await acceptLogin({
        stream: conn,
        address,
        connectionId: entry.id,
        // Replicas of before 10.x take nothing newer for a server they know (MDEV-4088).
        version: mariadb && /^10\./.test(serverVersion) ? `5.5.5-${serverVersion}` : serverVersion,
        defaultPlugin: plugin,
        accounts,
        fastHashes,
        rsaKey,
        tls: this.#relay &&
          (async (ahead) => client.replace(await this.#relay!.upgrade(conn, ahead))),
        requireTls: this.#options.requireTls,
        admit: (account) => this.#admit(account),
        onRefused: async (error, channel) => {
          channelError = error;
          if (error.code === ACCESS_DENIED) await this.#failed.failed(address);
          await channel.write(error.encode());
        },
      });
      this.#failed.succeeded(address);
      return loggedIn;
    } catch (error) {
      // One that we end ourselves is no refusal.
      const givenUp = error instanceof AuthError && !signal.aborted && !late;
      if (!givenUp && (!(error instanceof SqlError) || error !== channelError)) throw error;
      // Who leaves is not slowed down, and may come again at once.
      const isNews = !givenUp || this.#givenUp.isNews(address);
      log[isNews ? "warning" : "debug"]("login refused", {
        peer: entry.peer,
        error: error.message,
      });
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Somebody who can end others' connections gets in when all are taken. */
  #admit({ may }: Account): void {
    const { registry } = this.#state;
    const limit = this.#options.maxConnections + (may.includes("admin") ? ADMIN_EXTRA : 0);
    if (registry.size - registry.pending < limit) return;
    throw new SqlError("CON_COUNT_ERROR", "Too many connections");
  }

  async #commands(
    loggedIn: LoggedIn,
    entry: ConnectionEntry,
    signal: AbortSignal,
    address: string,
  ): Promise<void> {
    const { account, channel, stream, tls, login } = loggedIn;
    const session = new Session(entry.id, account, address);
    session.database = login.database;
    this.#state.registry.loggedIn(entry, session);
    this.#state.log.debug("client connected", {
      connection: entry.id,
      user: account.name,
      peer: entry.peer,
      tls,
      program: login.attributes.program_name?.slice(0, 64),
    });
    try {
      await serveCommands({ state: this.#state, session, entry, channel, stream, signal });
    } catch (error) {
      if (!(error instanceof ConnectionError) || !signal.aborted) throw error;
    }
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#listener.close();
    this.#relay?.close();
    for (const entry of [...this.#state.registry.all()]) entry.end();
    // A runtime before Deno 2.9 does not give up a write that a client holds up.
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, STOP_LIMIT_MS);
    await Promise.race([Promise.allSettled(this.#running), limit.promise]);
    clearTimeout(timer);
  }
}
