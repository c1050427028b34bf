function isSecretName(word: string): boolean {
  return word === "password" || word.endsWith("_password");
}

/**
 * Decides from the words and signs of SQL text whether a literal that comes next is a secret:
 *
 *     IDENTIFIED [WITH|VIA plugin] BY|AS|USING [PASSWORD] [(] 'secret'   [REPLACE 'secret']
 *     PASSWORD [FOR account] [=|(] 'secret'   SET PASSWORD … [REPLACE 'secret']
 *     name_PASSWORD [=|:=] 'secret'
 *
 * A function's arguments in such a place are secrets too. Rather too many than too few.
 */
export class SecretTrigger {
  /** Inside of an IDENTIFIED clause or SET PASSWORD, until the statement's end. */
  #identified = false;
  /** The word before, with nothing but white space since. */
  #previous = "";
  #state: "none" | "armed" | "account" | "call" = "none";
  /** Open parentheses since the trigger. */
  #depth = 0;

  reset(): void {
    this.#identified = false;
    this.#previous = "";
    this.#state = "none";
    this.#depth = 0;
  }

  /** Whether words of an IDENTIFIED clause, or SET PASSWORD, have come. */
  get identified(): boolean {
    return this.#identified;
  }

  /** Whether a literal that comes now is a secret. */
  get armed(): boolean {
    return this.#state === "armed";
  }

  #disarm(): void {
    this.#state = "none";
    this.#depth = 0;
  }

  /** A word outside of literals, in lower case. */
  word(word: string): void {
    const previous = this.#previous;
    this.#previous = word;
    if (word === "identified") {
      this.#identified = true;
      this.#disarm();
    } else if (isSecretName(word)) {
      if (previous === "set") this.#identified = true;
      if (this.#state !== "armed") this.#depth = 0;
      this.#state = "armed";
    } else if (this.#identified && /^(by|as|using|replace)$/.test(word)) {
      this.#state = "armed";
      this.#depth = 0;
    } else if (this.#state === "armed" && this.#depth === 0) {
      // Introducers of a literal: _utf8mb4'…', N'…', X'…', BINARY '…'.
      if (word.startsWith("_") || /^([nxb]|binary)$/.test(word)) return;
      this.#state = word === "for" ? "account" : "call";
    } else if (this.#state === "call") this.#disarm();
  }

  /** A literal that is a word: what it names may be set to a secret. */
  name(word: string): void {
    if (isSecretName(word)) this.word(word);
  }

  /** A literal that is no secret. */
  literal(): void {
    if (this.#state === "call") this.#disarm();
  }

  /** A sign outside of literals. */
  punctuation(byte: number): void {
    const sign = String.fromCharCode(byte);
    this.#previous = "";
    if (sign === ";") return this.reset();
    if (this.#state === "account") {
      if (sign === "=") this.#state = "armed";
    } else if (this.#state === "call") {
      if (sign !== "(") return this.#disarm();
      this.#state = "armed";
      this.#depth = 1;
    } else if (this.#state === "armed") {
      if (sign === "(") this.#depth++;
      else if (sign === ")" && --this.#depth <= 0) this.#disarm();
      else if (sign === "," && this.#depth === 0) this.#disarm();
    }
  }
}
