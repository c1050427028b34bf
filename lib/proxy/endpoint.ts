import { UsageError } from "../errors.ts";

/** One side of a connection: a TCP port, or a Unix socket. */
export type Endpoint = { hostname: string; port: number } | { socket: string };

const MYSQL_PORT = 3306;

/**
 * Reads `host:port`, `[::1]:port`, `:port`, `port`, `host` or the path of a Unix socket; loopback
 * and 3306 where a part is missing.
 * @throws {UsageError}
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.includes("/")) return { socket: text };
  const match = /^(?:(\d{1,5})|(\[[^\]]+\]|[^:[\]]*)(?::(\d{1,5}))?)$/.exec(text);
  const port = Number(match?.[1] ?? match?.[3] ?? MYSQL_PORT);
  if (!match || text === "" || port > 0xffff) {
    // What is before an @ may be a name and its password.
    throw new UsageError(`Cannot read address ${text.replace(/^.*@/s, "…@")}`, {
      expected: "host:port, port or the path of a Unix socket",
    });
  }
  const hostname = match[2]?.replace(/^\[|\]$/g, "") || "127.0.0.1";
  return { hostname, port };
}

/** Text of an endpoint, as {@link parseEndpoint} reads it. */
export function formatEndpoint(endpoint: Endpoint): string {
  if ("socket" in endpoint) return endpoint.socket;
  const { hostname, port } = endpoint;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
