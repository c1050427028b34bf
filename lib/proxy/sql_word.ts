/** Longest identifier of MySQL; longer words mean nothing here. */
const WORD_MAX = 64;

/** A word of SQL text, which comes byte by byte. */
export class SqlWord {
  #text = "";
  /** Bytes of it so far. */
  size = 0;

  add(byte: number): void {
    if (this.size++ < WORD_MAX) this.#text += String.fromCharCode(byte);
  }

  clear(): void {
    this.#text = "";
    this.size = 0;
  }

  /** The word in lower case; nothing where it is too long to mean something. */
  get text(): string {
    return this.size > WORD_MAX ? "" : this.#text.toLowerCase();
  }

  /** The word, behind which the next one begins. */
  take(): string {
    const text = this.text;
    this.clear();
    return text;
  }
}
