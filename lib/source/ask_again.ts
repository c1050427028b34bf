/** Nothing is wrong, but something else must be asked of the source: connect again, at once. */
export class AskAgain extends Error {
  override name = "AskAgain";
}
