import { HIDDEN_CHARACTERS } from "./hidden_characters.ts";

/** JSON in one line, for any reader: as JSON.stringify, with hidden characters as `\u009b`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    HIDDEN_CHARACTERS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
