import { connectionRefused } from "./connect_errors.ts";
import { isRecentRuntime } from "./is_recent_runtime.ts";
import type { SourceOptions } from "./source_options.ts";

const DEFAULT_PORT = 3306;
const ADDRESS = /^[\d.]+$|:/;

type Socket = Deno.TcpConn | Deno.UnixConn;
type Place = { hostname: string; port: number } | { transport: "unix"; path: string };

/** What of the system connections are made with. */
interface Network {
  connect(place: Place): Promise<Socket>;
  /** The addresses of a name where `connect` tries them in turn, in that order; none elsewhere. */
  addressesInTurn(host: string): Promise<string[]>;
}

const SYSTEM: Network = {
  connect: (place) => "path" in place ? Deno.connect(place) : Deno.connect(place),
  async addressesInTurn(host) {
    if (isRecentRuntime()) return [];
    const { lookup } = await import("node:dns");
    return await new Promise((resolve, reject) =>
      lookup(host, { all: true, verbatim: true }, (error, found) => {
        if (error) reject(error);
        else resolve(found.map(({ address }) => address));
      })
    );
  },
};

/** What comes of `work` within a time. */
async function within<T>(work: Promise<T>, limitMs: number, signal: AbortSignal): Promise<T> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason);
    if (stop.aborted) onAbort();
    stop.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop.removeEventListener("abort", onAbort!);
  }
}

/** Opens a connection within the time for it. */
async function open(
  place: Place,
  limitMs: number,
  signal: AbortSignal,
  network: Network,
): Promise<Socket> {
  const opening = network.connect(place);
  try {
    const conn = await within(opening, limitMs, signal);
    if ("setNoDelay" in conn) {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
    }
    return conn;
  } catch (error) {
    opening.then((late) => late.close(), () => {});
    throw error;
  }
}

/**
 * Opens a connection to the source's socket or address.
 *
 * Where the addresses of a host name are tried in turn, they share the time to connect, and one that
 * is silent uses it up. Then each has that time for itself, as with the mysql tools.
 * @throws {ConnectionError} where nobody takes it, the reason of `signal` when that is aborted.
 */
export async function openSocket(
  options: SourceOptions,
  signal: AbortSignal,
  network: Network = SYSTEM,
): Promise<Socket> {
  const { host = "127.0.0.1", port = DEFAULT_PORT, socket, connectTimeoutMs } = options;
  const place: Place = socket === undefined
    ? { hostname: host, port }
    : { transport: "unix", path: socket };
  try {
    return await open(place, connectTimeoutMs, signal, network);
  } catch (cause) {
    const isSilent = cause instanceof DOMException && cause.name === "TimeoutError";
    if (isSilent && socket === undefined && !ADDRESS.test(host)) {
      const looking = within(network.addressesInTurn(host), connectTimeoutMs, signal);
      const [first, ...others] = await looking.catch((): string[] => []);
      // The first one had all the time just now, unless the order is another one each time.
      for (const hostname of others.length > 0 ? [...others, first!] : []) {
        if (signal.aborted) break;
        const conn = await open({ hostname, port }, connectTimeoutMs, signal, network)
          .catch(() => undefined);
        if (conn !== undefined) return conn;
      }
    }
    if (signal.aborted) throw signal.reason;
    throw connectionRefused(cause, options);
  }
}
