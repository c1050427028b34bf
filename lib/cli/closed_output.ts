/** Whoever read our standard output has closed it, as `head` does: no error, and the end of work. */
export class ClosedOutput extends Error {
  override name = "ClosedOutput";
}
