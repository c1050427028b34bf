/** The source of the files that are served, as far as the server has to know of it. */
export interface Upstream {
  /** Whether there is one at all; without one nothing will ever come. */
  readonly present: boolean;
  /** Whether it is connected and streaming now. */
  readonly connected: boolean;
  /** `connected` tells of a dump at work only: whether it reaches the source can't be seen. */
  readonly guessed?: boolean;
}
