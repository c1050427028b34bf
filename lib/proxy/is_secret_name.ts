/**
 * Whether a word in lower case names what is never shown: `password`, `source_password`, and the column
 * of mysql.user that has the hash.
 */
export function isSecretName(word: string): boolean {
  return word === "password" || word.endsWith("_password") || word === "authentication_string";
}
