/**
 * When written bytes are made durable:
 * - `always`: a sync follows every batch; one that is under way covers what came before it began.
 * - `interval`: unsynced bytes wait at most `ms`; the most that a power cut can take.
 * - `none`: at the end of each file and of the run only; the operating system decides.
 */
export type SyncPolicy =
  | { kind: "always" }
  | { kind: "interval"; ms: number }
  | { kind: "none" };

/** Loses at most one second of unacknowledged data when the power goes. */
export const DEFAULT_SYNC_POLICY: SyncPolicy = { kind: "interval", ms: 1000 };
