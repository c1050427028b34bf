/** The source of the files that are served, as far as the server has to know of it. */
export interface Upstream {
  /** Whether there is one at all; without one nothing will ever come. */
  readonly present: boolean;
  /** Whether it is connected and streaming now. */
  readonly connected: boolean;
  /**
   * Time, as Date.now(), up to which everything the source had then is here; 0: not known. What was
   * asked for before that and is not here, the source lacks too.
   */
  readonly seenUpTo: number;
}
