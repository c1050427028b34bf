/** A source URL without its password, which an unescaped @ does not end. */
export function redactUrl(text: string): string {
  return text.replace(/(:\/\/[^:@/]*):.*@/s, "$1@");
}
