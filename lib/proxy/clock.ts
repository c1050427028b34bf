/** Microseconds since 1970, from the clock that does not jump. */
export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
