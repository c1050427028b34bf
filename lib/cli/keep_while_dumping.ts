/** A dump at work may have this many of the newest files in its hands: no purge removes them. */
export const KEEP_WHILE_DUMPING = 2;
