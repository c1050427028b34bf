import { isSecretName } from "./is_secret_name.ts";

/** Whether a word is of a statement in which SET is a clause; compares, as a set would hash. */
function changesRows(word: string): boolean {
  return word === "update" || word === "insert" || word === "replace" || word === "load";
}

/** Words of an IDENTIFIED clause that a secret follows. */
const CLAUSE = new Set(["by", "as", "using"]);

/**
 * Decides from the words and signs of SQL text whether a literal that comes next is a secret:
 *
 *     IDENTIFIED [WITH|VIA plugin] BY|AS|USING …   all literals up to the statement's end
 *     SET PASSWORD [FOR account =|TO] …            all literals up to the statement's end
 *     PASSWORD [=|(] 'secret'
 *     name_PASSWORD [=|:=] 'secret'
 *
 * A function's arguments in such a place are secrets too. Rather too many than too few.
 */
export class SecretTrigger {
  /** Inside of an IDENTIFIED clause or behind SET …PASSWORD, until the statement's end. */
  #identified = false;
  /** The word IDENTIFIED has come. */
  #clause = false;
  /** Everything up to the statement's end is secret. */
  #sealed = false;
  /** The statement has a SET clause, in which a password is a column. */
  #changesRows = false;
  /** The word before, with nothing but white space since. */
  #previous = "";
  #state: "none" | "call" | "armed" | "account" = "none";
  /** Open parentheses since the trigger. */
  #depth = 0;

  reset(): void {
    this.#identified =
      this.#clause =
      this.#sealed =
      this.#changesRows =
        false;
    this.#previous = "";
    this.#disarm();
  }

  /** Takes over what another one has come to. */
  copy(other: SecretTrigger): void {
    this.reset();
    this.keep(other);
    this.#changesRows = other.#changesRows;
  }

  /** Besides what has come since, what another one had come to still holds. */
  keep(other: SecretTrigger): void {
    this.#identified ||= other.#identified;
    this.#clause ||= other.#clause;
    this.#sealed ||= other.#sealed;
    this.#previous = other.#previous || this.#previous;
    this.#depth = Math.max(this.#depth, other.#depth);
    if (this.#state === "account" && other.due) this.#seal();
    else if (this.#state === "none" || this.#state === "call") {
      if (other.#state !== "none") this.#state = other.#state;
    }
  }

  /** Whether words of an IDENTIFIED clause, or SET PASSWORD, have come. */
  get identified(): boolean {
    return this.#identified;
  }

  /** Whether a literal that comes now is a secret. */
  get armed(): boolean {
    return this.#sealed || this.due ||
      (this.#state === "account" && isSecretName(this.#previous));
  }

  /** Whether a literal is to come now, and a secret. */
  get due(): boolean {
    return this.#state === "armed";
  }

  /** Whether a secret may still come by what was before. */
  get pending(): boolean {
    return this.#sealed || this.#state !== "none";
  }

  #disarm(): void {
    this.#state = "none";
    this.#depth = 0;
  }

  #seal(): void {
    this.#sealed = true;
    this.#state = "armed";
    this.#depth = 0;
  }

  /** A word outside of literals, in lower case. */
  word(word: string): void {
    const previous = this.#previous;
    this.#previous = word;
    if (changesRows(word)) this.#changesRows = true;
    if (this.#state === "account") {
      // Any other may be a name, whatever it looks like.
      if (word === "identified") this.#clause = true;
      else if (word === "to" || (this.#clause && CLAUSE.has(word))) this.#seal();
    } else if (word === "identified") {
      this.#identified = this.#clause = true;
      this.#disarm();
    } else if (isSecretName(word)) this.#secretName(word, previous);
    else if (word === "for" && this.#state === "armed" && isSecretName(previous)) {
      this.#state = "account";
      this.#sealed = this.#clause;
    } else if (this.#identified && (CLAUSE.has(word) || word === "replace")) {
      if (this.#clause) this.#seal();
      this.#state = "armed";
      this.#depth = 0;
    } else if (this.#state === "armed" && this.#depth === 0) {
      // Introducers of a literal: _utf8mb4'…', N'…', X'…', BINARY '…'.
      if (word.startsWith("_") || /^([nxb]|binary)$/.test(word)) return;
      this.#state = "call";
    } else if (this.#state === "call") this.#disarm();
  }

  #secretName(word: string, previous: string): void {
    if (previous === "set") {
      this.#identified = true;
      if (word === "password" && !this.#changesRows) this.#sealed = true;
    }
    if (this.#state !== "armed") this.#depth = 0;
    this.#state = "armed";
  }

  /** A literal or name in quotes that is a word: what it names may be set to a secret. */
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
      if (sign === "=") this.#seal();
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
