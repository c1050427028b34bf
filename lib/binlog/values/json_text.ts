/** What JSON allows as it is, but terminals obey and some readers take for the end of a line. */
const HIDDEN = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** JSON in one line, for any reader: as JSON.stringify, with those characters as `\u009b`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
