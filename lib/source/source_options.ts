/** How far TLS is asked for, in the spelling of the mysql tools. */
export type SslMode = "DISABLED" | "PREFERRED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY";

/** Algorithms of protocol compression, in the spelling of the mysql tools. */
export type CompressionAlgorithm = "uncompressed" | "zlib" | "zstd";

/** How to reach a source and log in there. */
export interface SourceOptions {
  /** Host name or address; with `socket` unset. */
  host?: string;
  port?: number;
  /** Path of a Unix socket. */
  socket?: string;
  user: string;
  /** Never logged, never in an error. */
  password?: string;
  sslMode: SslMode;
  /** Paths of PEM files. */
  sslCa?: string;
  sslCert?: string;
  sslKey?: string;
  /** Ask the server for its RSA key when a password has to be sent over plain TCP. */
  getServerPublicKey: boolean;
  /** Path of that key, known beforehand. */
  serverPublicKeyPath?: string;
  /** In the order of preference; ["uncompressed"] by default. */
  compressionAlgorithms?: CompressionAlgorithm[];
  connectTimeoutMs: number;
  /** program_name among the connect attributes. */
  programName?: string;
}

/** `host:port`, `[v6]:port` or the socket's path: what messages and the store call the source. */
export function sourceAddress(options: SourceOptions): string {
  if (options.socket !== undefined) return options.socket;
  const host = options.host ?? "127.0.0.1";
  return `${host.includes(":") ? `[${host}]` : host}:${options.port ?? 3306}`;
}
