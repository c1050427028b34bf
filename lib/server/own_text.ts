const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/**
 * The same text in memory of its own. A piece of a statement may hold on to all of the statement, and
 * a text put together from pieces to each of them: not for what is kept.
 */
export function ownText(text: string): string {
  return DECODER.decode(ENCODER.encode(text));
}
