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
const SEMICOLON = 0x3b;
const CAPITAL_M = 0x4d;
/** Escapes that stand for white space and control characters: \0 \b \n \r \t \Z. */
const SPACE_ESCAPES: ReadonlySet<number> = new Set([0x30, 0x62, 0x6e, 0x72, 0x74, 0x5a]);
/** Signs that a secret may follow at once: ( = : */
const LEADS: ReadonlySet<number> = new Set([0x28, 0x3d, 0x3a]);
/** Longest identifier of MySQL; longer words mean nothing here. */
const WORD_MAX = 64;

type Mode = "code" | "string" | "identifier" | "line-comment" | "block-comment" | "rest";

const WORD_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  const digit = byte >= 0x30 && byte <= 0x39;
  WORD_BYTE[byte] = letter || digit || byte === 0x5f || byte === 0x24 || byte >= 0x80 ? 1 : 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/**
 * Overwrites the secrets of SQL text in place, as it comes, in pieces of any size: the literals
 * after IDENTIFIED … BY, AS or USING, after PASSWORD, and after names that end in _PASSWORD.
 * Strings and comments that themselves hold such text, as in PREPARE, lose all behind it. A string
 * that ends where a secret is due takes the rest of the text with it: it is built from parts, or the
 * server sees other strings than we do (SQL modes, comments of other versions). Keeps a few bytes of
 * state, whatever the size of the text.
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
  /** Of the text in strings: CONCAT may make a statement of several. */
  readonly #strings = new SecretTrigger();
  readonly #comments = new SecretTrigger();
  /** That of the string or comment at hand. */
  #inner = this.#strings;
  /** A quote inside of the string at hand made it a secret; 0: it was something else. */
  #innerQuoteByte = 0;
  /** That quote has not ended yet. */
  #innerOpen = false;
  /** The string at hand is a single word so far. */
  #onlyWord = false;
  /** Last byte of the string at hand. */
  #last = 0;
  /** Bytes of the comment at hand. */
  #commentSize = 0;
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
    this.#strings.reset();
    this.changed = false;
  }

  /** Goes on with the next piece of the text. */
  redact(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#mode === "code") this.#code(bytes, i, byte);
      else if (this.#mode === "string") this.#string(bytes, i, byte);
      else if (this.#mode === "identifier") this.#identifier(byte);
      else if (this.#mode === "rest") this.#fill(bytes, i);
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
      if (this.#wordSize === 0) this.#filling = trigger.armed && isDigit(byte);
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
    if (byte === QUOTE || byte === DOUBLE_QUOTE) this.#beginString(byte);
    else if (byte === BACKTICK) this.#mode = "identifier";
    else if (byte === STAR && this.#previous === SLASH) this.#beginComment("block-comment");
    else if (byte === HASH) this.#beginComment("line-comment");
    else if (byte <= 0x20 && this.#previous === DASH && this.#dashes) {
      if (byte !== NEWLINE) this.#beginComment("line-comment");
    } else if (byte > 0x20 && byte !== SLASH && byte !== DASH) trigger.punctuation(byte);
    if (byte === SEMICOLON) this.#strings.reset();
    this.#dashes = byte === DASH && this.#previous === DASH;
  }

  /** The two bytes before this one were dashes. */
  #dashes = false;

  #beginComment(mode: "line-comment" | "block-comment"): void {
    this.#mode = mode;
    this.#inner = this.#comments;
    this.#inner.reset();
    this.#innerQuoteByte = this.#commentSize = 0;
  }

  #beginString(quote: number): void {
    this.#mode = "string";
    this.#inner = this.#strings;
    this.#quote = this.#last = quote;
    this.#escaped = this.#quotePending = this.#innerOpen = false;
    this.#onlyWord = true;
    this.#innerQuoteByte = 0;
    this.#filling = this.#outer.armed;
    if (!this.#filling) this.#outer.literal();
  }

  /** The byte before the one at hand was the last quote of a string. */
  #endString(): void {
    this.#mode = "code";
    if (this.#filling) {
      if (this.#innerOpen) this.#mode = "rest";
    } else {
      const insideWord = this.#wordSize > 0;
      // A name in quotes: "my_password" with ANSI_QUOTES, @'my_password'.
      if (this.#onlyWord && this.#wordSize <= WORD_MAX) this.#outer.name(this.#word.toLowerCase());
      this.#endWord(this.#inner);
      const due = insideWord ? this.#inner.identified : LEADS.has(this.#last) || this.#last <= 0x20;
      if (this.#inner.armed) {
        if (due) this.#mode = "rest";
        else this.#inner.reset();
      }
    }
    this.#filling = false;
    this.#previous = 0;
    this.#clearWord();
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
        this.#endString();
        if (this.#mode === "code") this.#code(bytes, i, byte);
        else this.#fill(bytes, i);
        return;
      }
      // A doubled quote stands for one. At the edge of two pieces both are left, as a pair.
      if (this.#filling && i > 0) {
        this.#fill(bytes, i - 1);
        this.#fill(bytes, i);
      }
      this.#innerQuote(byte);
      return;
    }
    if (this.#escaped) {
      this.#escaped = false;
      this.#innerByte(SPACE_ESCAPES.has(byte) ? 0x20 : byte);
    } else if (byte === BACKSLASH && this.#backslashEscapes) this.#escaped = true;
    else if (byte === this.#quote) {
      this.#quotePending = true;
      return;
    } else this.#innerByte(byte);
    if (this.#filling) this.#fill(bytes, i);
  }

  /** Text inside of a string or comment: looked through for the same words. */
  #innerByte(byte: number): void {
    this.#last = byte;
    if (byte === QUOTE || byte === DOUBLE_QUOTE) return this.#innerQuote(byte);
    if (this.#filling) return;
    if (WORD_BYTE[byte]) {
      if (this.#wordSize === 0 && isDigit(byte) && this.#inner.armed) this.#filling = true;
      this.#addToWord(byte);
      return;
    }
    this.#onlyWord = false;
    this.#endWord(this.#inner);
    if (byte > 0x20 && byte !== BACKSLASH) this.#inner.punctuation(byte);
  }

  #innerQuote(quote: number): void {
    this.#last = quote;
    this.#onlyWord = false;
    if (this.#filling) {
      if (quote === this.#innerQuoteByte) this.#innerOpen = !this.#innerOpen;
      return;
    }
    this.#endWord(this.#inner);
    if (!this.#inner.armed) return;
    this.#filling = this.#innerOpen = true;
    this.#innerQuoteByte = quote;
  }

  #comment(bytes: Uint8Array, i: number, byte: number): void {
    const at = this.#commentSize++;
    const block = this.#mode === "block-comment";
    // What follows is code that servers run: /*! and MariaDB's /*M!
    const code = block && byte === EXCLAMATION &&
      (at === 0 || (at === 1 && this.#previous === CAPITAL_M));
    const end = block ? byte === SLASH && this.#previous === STAR && at > 0 : byte === NEWLINE;
    if (code || end) {
      this.#filling = false;
      this.#clearWord();
      this.#mode = "code";
      return;
    }
    const opens = !this.#filling && (byte === QUOTE || byte === DOUBLE_QUOTE);
    this.#innerByte(byte);
    if (this.#filling && !opens && (!block || byte !== STAR)) this.#fill(bytes, i);
  }
}
