import { SecretTrigger } from "./secret_trigger.ts";

/** What secrets are overwritten with; one byte for one byte. */
export const FILLER = 0x2a;

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKTICK = 0x60;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const STAR = 0x2a;
const DASH = 0x2d;
const HASH = 0x23;
const NEWLINE = 0x0a;
const EXCLAMATION = 0x21;
/** Longest identifier of MySQL; longer words mean nothing here. */
const WORD_MAX = 64;

type Mode = "code" | "string" | "identifier" | "line-comment" | "block-comment";

const WORD_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  const digit = byte >= 0x30 && byte <= 0x39;
  WORD_BYTE[byte] = letter || digit || byte === 0x5f || byte === 0x24 || byte >= 0x80 ? 1 : 0;
}

/**
 * Overwrites the secrets of SQL text in place, as it comes, in pieces of any size: the literals
 * after IDENTIFIED … BY, AS or USING, after PASSWORD, and after names that end in _PASSWORD.
 * Strings and comments that themselves hold such text, as in PREPARE, lose all behind it. Keeps a few
 * bytes of state, whatever the size of the text.
 */
export class SqlRedactor {
  #mode: Mode = "code";
  #quote = 0;
  /** Everything up to the end of this literal or comment is overwritten. */
  #filling = false;
  #escaped = false;
  /** Last byte, where two make a token: comment signs, doubled quotes. */
  #previous = 0;
  /** A quote came that ends the string unless another one follows. */
  #quotePending = false;
  #word = "";
  #wordSize = 0;
  #backslashEscapes = true;
  readonly #outer = new SecretTrigger();
  readonly #inner = new SecretTrigger();
  /** Whether something was overwritten since {@link reset}. */
  changed = false;

  /** Begins a new text. */
  reset(backslashEscapes: boolean): void {
    this.#mode = "code";
    this.#filling = this.#escaped = this.#quotePending = false;
    this.#previous = 0;
    this.#clearWord();
    this.#backslashEscapes = backslashEscapes;
    this.#outer.reset();
    this.#inner.reset();
    this.changed = false;
  }

  /** Goes on with the next piece of the text. */
  redact(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#mode === "code") this.#code(bytes, i, byte);
      else if (this.#mode === "string") this.#string(bytes, i, byte);
      else if (this.#mode === "identifier") this.#identifier(byte);
      else this.#comment(bytes, i, byte);
      this.#previous = byte;
    }
  }

  #clearWord(): void {
    this.#word = "";
    this.#wordSize = 0;
  }

  #addToWord(byte: number): void {
    if (this.#wordSize++ < WORD_MAX) this.#word += String.fromCharCode(byte);
  }

  #endWord(trigger: SecretTrigger): void {
    if (this.#wordSize === 0) return;
    trigger.word(this.#wordSize > WORD_MAX ? "" : this.#word.toLowerCase());
    this.#clearWord();
  }

  #fill(bytes: Uint8Array, at: number): void {
    if (at < 0 || bytes[at] === FILLER) return;
    bytes[at] = FILLER;
    this.changed = true;
  }

  #code(bytes: Uint8Array, i: number, byte: number): void {
    const trigger = this.#outer;
    if (WORD_BYTE[byte]) {
      // A number in the place of a secret: 0x… is a literal too.
      if (this.#wordSize === 0) this.#filling = trigger.armed && byte >= 0x30 && byte <= 0x39;
      if (this.#filling) {
        this.#fill(bytes, i);
        this.#wordSize++;
      } else this.#addToWord(byte);
      return;
    }
    if (this.#filling) {
      this.#filling = false;
      this.#clearWord();
    }
    this.#endWord(trigger);
    if (byte === QUOTE || byte === DOUBLE_QUOTE) {
      this.#mode = "string";
      this.#quote = byte;
      this.#escaped = this.#quotePending = false;
      this.#filling = trigger.armed;
      if (!this.#filling) trigger.literal();
      this.#inner.reset();
    } else if (byte === BACKTICK) this.#mode = "identifier";
    else if (byte === STAR && this.#previous === SLASH) {
      this.#mode = "block-comment";
      this.#inner.reset();
    } else if (byte === HASH) this.#lineComment();
    else if (byte <= 0x20 && this.#previous === DASH && this.#dashes) this.#lineComment();
    else if (byte > 0x20 && byte !== SLASH && byte !== DASH) trigger.punctuation(byte);
    this.#dashes = byte === DASH && this.#previous === DASH;
  }

  /** The two bytes before this one were dashes. */
  #dashes = false;

  #lineComment(): void {
    this.#mode = "line-comment";
    this.#inner.reset();
  }

  #identifier(byte: number): void {
    if (byte !== BACKTICK) {
      this.#addToWord(byte);
      return;
    }
    this.#endWord(this.#outer);
    this.#mode = "code";
  }

  #string(bytes: Uint8Array, i: number, byte: number): void {
    if (this.#quotePending) {
      this.#quotePending = false;
      if (byte !== this.#quote) {
        this.#filling = false;
        this.#mode = "code";
        this.#previous = 0;
        this.#clearWord();
        this.#code(bytes, i, byte);
        return;
      }
      // A doubled quote stands for one. At the edge of two pieces both are left, as a pair.
      if (this.#filling && i > 0) {
        this.#fill(bytes, i - 1);
        this.#fill(bytes, i);
      }
      this.#innerQuote();
      return;
    }
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === QUOTE || byte === DOUBLE_QUOTE) this.#innerQuote();
    } else if (byte === BACKSLASH && this.#backslashEscapes) this.#escaped = true;
    else if (byte === this.#quote) {
      this.#quotePending = true;
      return;
    } else if (byte === QUOTE || byte === DOUBLE_QUOTE) {
      if (!this.#filling) this.#innerQuote();
    } else if (!this.#filling) {
      this.#innerText(byte);
      return;
    }
    if (this.#filling) this.#fill(bytes, i);
  }

  /** Text inside of a string or comment: looked through for the same words. */
  #innerText(byte: number): void {
    if (WORD_BYTE[byte]) {
      this.#addToWord(byte);
      return;
    }
    this.#endWord(this.#inner);
    if (byte > 0x20 && byte !== BACKSLASH) this.#inner.punctuation(byte);
  }

  #innerQuote(): void {
    this.#endWord(this.#inner);
    if (this.#inner.armed) this.#filling = true;
  }

  #comment(bytes: Uint8Array, i: number, byte: number): void {
    const block = this.#mode === "block-comment";
    // /*! begins code that servers run.
    const code = block && byte === EXCLAMATION && this.#previous === STAR && !this.#filling;
    if (code || (block ? byte === SLASH && this.#previous === STAR : byte === NEWLINE)) {
      this.#filling = false;
      this.#clearWord();
      this.#mode = "code";
      return;
    }
    if (this.#filling) {
      if (!block || byte !== STAR) this.#fill(bytes, i);
    } else if (byte === QUOTE || byte === DOUBLE_QUOTE) this.#innerQuote();
    else this.#innerText(byte);
  }
}
