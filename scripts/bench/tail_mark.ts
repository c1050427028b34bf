/**
 * What rows at the live tail begin with, before one of {@link TAIL_PHASE}: long enough not to be in
 * an event's header by chance.
 */
export const TAIL_MARK = "<binlogd bench ";

/** What a row is for. */
export const TAIL_PHASE = { ready: "R", warmUp: "W", timed: "T", end: "E" } as const;
