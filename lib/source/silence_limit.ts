const HEARTBEAT_MS = 10_000;
const SLACK_MS = 5000;

/**
 * Milliseconds without a byte after which a link is dead on which something has to come: two
 * heartbeat periods and some slack.
 */
export function silenceLimit(heartbeatMs: number = HEARTBEAT_MS): number {
  return 2 * heartbeatMs + SLACK_MS;
}
