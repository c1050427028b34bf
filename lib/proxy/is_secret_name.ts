/** Whether a word in lower case names what is never shown: `password`, `source_password`. */
export function isSecretName(word: string): boolean {
  return word === "password" || word.endsWith("_password");
}
