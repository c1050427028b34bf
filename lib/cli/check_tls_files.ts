import { AuthError, UsageError } from "../errors.ts";
import { readTlsFiles } from "../source/read_tls_files.ts";

/**
 * Sees whether the files that are named for TLS can be read, before anybody is connected to; each
 * connection reads them anew, as they may be changed while a dump runs.
 * @throws {UsageError}
 */
export async function checkTlsFiles(named: Parameters<typeof readTlsFiles>[0]): Promise<void> {
  if (named.sslMode === "DISABLED") return;
  try {
    await readTlsFiles(named);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    throw new UsageError(error.message, error.details);
  }
}
