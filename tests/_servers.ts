import { fetchServer } from "../scripts/testbed/fetch.ts";
import { ALL_KINDS, type ServerKind } from "../scripts/testbed/kinds.ts";
import { RealServer, type ServerOptions } from "../scripts/testbed/server.ts";

export { RealServer, type ServerKind, type ServerOptions };

const wanted = Deno.env.get("BINLOGD_TEST_KINDS")?.split(",") ?? ALL_KINDS;
const missing = new Map<ServerKind, string>();
const available: ServerKind[] = [];
for (const kind of ALL_KINDS) {
  if (!wanted.includes(kind)) {
    missing.set(kind, "not asked for by BINLOGD_TEST_KINDS");
    continue;
  }
  try {
    await fetchServer(kind);
    available.push(kind);
  } catch (error) {
    missing.set(kind, (error as Error).message.split("\n")[0]!);
  }
}

/** The servers that can be had here. */
export const KINDS_HERE: readonly ServerKind[] = available;

/** Starts a server of this kind with an empty database. */
export function startServer(kind: ServerKind, options: ServerOptions = {}): Promise<RealServer> {
  return RealServer.start(kind, options);
}

/** No test of a server takes as long, but for those of files beyond 4 GiB. */
const LIMIT_MS = Deno.env.get("BINLOGD_TEST_LARGE") ? 3_600_000 : 300_000;

/** Fails where `work` has not ended within the limit, so that what hangs holds up nothing else. */
async function withinLimit(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Registers a test for each kind of server; where one can't be had its test is ignored, and so
 * counted as skipped, with the reason in its name.
 */
export function serverTest(
  name: string,
  work: (kind: ServerKind) => Promise<void>,
  kinds: readonly ServerKind[] = ALL_KINDS,
): void {
  for (const kind of kinds) {
    const reason = missing.get(kind);
    Deno.test({
      name: `${name}, ${kind}${reason ? ` (skipped: ${reason})` : ""}`,
      ignore: reason !== undefined,
      // A server's process and sockets outlive single steps; each test stops its own.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: () => withinLimit(work(kind)),
    });
  }
}
