/** Bytes of an event packet before the event: status, and under semi-sync the magic and flag too. */
export function eventOffset(semiSync: boolean): 1 | 3 {
  return semiSync ? 3 : 1;
}
