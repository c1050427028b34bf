/** CLOSE_LIMIT_MS of lib/server/client_stream.ts. */
const CLOSE_LIMIT_MS = 2000;
const LONG_LIMIT_MS = 60_000;

/** Longer than anything takes that does not wait for {@link withLongLimit}'s limit. */
export const SOON_MS = 20_000;

/**
 * Runs `work` with a much longer limit for clients to leave in, so that no busy machine takes as long
 * over what does not wait for it.
 */
export async function withLongLimit<T>(work: () => Promise<T>): Promise<T> {
  const { setTimeout } = globalThis;
  const longer = (run: () => void, ms?: number): ReturnType<typeof setTimeout> =>
    setTimeout(run, ms === CLOSE_LIMIT_MS ? LONG_LIMIT_MS : ms);
  globalThis.setTimeout = longer as typeof setTimeout;
  try {
    return await work();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}
