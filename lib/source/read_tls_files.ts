import { AuthError } from "../errors.ts";
import type { SourceOptions } from "./source_options.ts";

/** What TLS with a source goes by, in PEM. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
}

async function readPem(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AuthError(`Cannot read ${what} ${path}: ${reason}`, { file: path, cause });
  }
  // node:tls goes on without what it can't read, and the server would say who it does not know.
  if (/^-----BEGIN [A-Z0-9 ]+-----/m.test(text)) return text;
  throw new AuthError(`Cannot read ${what} ${path}: it is no PEM file`, { file: path });
}

/**
 * Reads the files that are named for TLS, the authority where it is looked at.
 * @throws {AuthError} where one is of no use: a dump that runs waits for it to be put right.
 */
export async function readTlsFiles(
  { sslMode, sslCa, sslCert, sslKey }: Pick<
    SourceOptions,
    "sslMode" | "sslCa" | "sslCert" | "sslKey"
  >,
): Promise<TlsFiles> {
  const verify = sslMode === "VERIFY_CA" || sslMode === "VERIFY_IDENTITY";
  const files: TlsFiles = {};
  if (sslCa !== undefined && verify) files.ca = await readPem(sslCa, "--ssl-ca");
  if (sslCert !== undefined && sslKey !== undefined) {
    files.cert = await readPem(sslCert, "--ssl-cert");
    files.key = await readPem(sslKey, "--ssl-key");
  }
  return files;
}
