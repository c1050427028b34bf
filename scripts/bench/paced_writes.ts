import { connectAdmin } from "../testbed/connect_admin.ts";
import type { RealServer } from "../testbed/server.ts";
import { TAIL_MARK } from "./tail_mark.ts";

/** What {@link pacedWrites} wrote, and how fast that went. */
export interface PacedWrites {
  commits: number;
  /** 10^6 bytes of rows a second. */
  megabytes: number;
}

/**
 * Commits rows of so many bytes at a steady pace, each with a mark and the time it was written. The
 * pace is that of a clock: a commit that took long is followed by the next ones at once.
 */
export async function pacedWrites(
  server: RealServer,
  options: { phase: string; bytes: number; perSecond: number; commits: number },
): Promise<PacedWrites> {
  const { phase, bytes, perSecond, commits } = options;
  const connection = await connectAdmin(server);
  const row =
    `CONCAT('${TAIL_MARK}${phase}', UNIX_TIMESTAMP(SYSDATE(6)), '>', REPEAT('x', ${bytes}))`;
  const start = performance.now();
  for (let i = 0; i < commits; i++) {
    const early = start + i * 1000 / perSecond - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    await connection.query(`INSERT INTO bench.t VALUES (${row})`);
  }
  const elapsed = (performance.now() - start) / 1000;
  connection.close();
  return { commits, megabytes: commits * bytes / 1e6 / elapsed };
}
