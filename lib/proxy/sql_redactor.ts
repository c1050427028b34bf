import { DoubtScanner } from "./doubt_scanner.ts";
import { isDigit } from "./is_digit.ts";
import { isSpace } from "./is_space.ts";
import { SecretTrigger } from "./secret_trigger.ts";
import { SQL_BYTE as B } from "./sql_byte.ts";
import { SqlWord } from "./sql_word.ts";
import { WORD_BYTE } from "./word_byte.ts";

/** What secrets are overwritten with; one byte for one byte. */
export const FILLER = 0x2a;

/** Escapes that stand for white space and control characters: \0 \b \n \r \t \Z. */
const SPACE_ESCAPES: ReadonlySet<number> = new Set([0x30, 0x62, 0x6e, 0x72, 0x74, 0x5a]);
/** Signs that a secret may follow at once: ( = : */
const LEADS: ReadonlySet<number> = new Set([0x28, 0x3d, 0x3a]);

type Mode = "code" | "string" | "identifier" | "line-comment" | "block-comment" | "rest";

/**
 * Overwrites the secrets of SQL text in place, as it comes, in pieces of any size: the literals
 * after IDENTIFIED … BY, AS or USING, after PASSWORD, and after names that end in _PASSWORD.
 * Strings and comments that themselves hold such text, as in PREPARE, lose all behind it, and a
 * string that ends where a secret is due takes the rest of the text with it.
 *
 * The server may see other strings than we do: by its SQL modes, by character sets in which a
 * backslash or backtick is the second byte of a character, by comments of other versions. From where
 * that is possible all behind a secret's words is overwritten. Keeps a few bytes of state, whatever
 * the size of the text.
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
  readonly #word = new SqlWord();
  #backslashEscapes = true;
  /** The two bytes before this one were dashes. */
  #dashes = false;
  /** The byte at hand ends a comment: it begins no other one. */
  #ended = false;
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
  /** The comment at hand is an optimizer hint, in which quotes count. */
  #hint = false;
  /** A comment has come of which only some versions run the content. */
  #versions = false;
  #versionOpen = false;
  /** What led to that comment, for the versions that pass it over. */
  readonly #beforeVersion = new SecretTrigger();
  /** The server may see other strings from here on. */
  #doubtful = false;
  readonly #doubts = new DoubtScanner();
  /** Whether something was overwritten since {@link reset}. */
  changed = false;

  /** Begins a new text. */
  reset(backslashEscapes: boolean): void {
    this.#mode = "code";
    this.#filling = this.#escaped = this.#quotePending = false;
    this.#dashes = this.#versions = this.#versionOpen = false;
    this.#doubtful = this.changed = false;
    this.#previous = 0;
    this.#word.clear();
    this.#backslashEscapes = backslashEscapes;
    this.#outer.reset();
    this.#strings.reset();
  }

  /** Goes on with the next piece of the text. */
  redact(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      // Whoever passes the versions' comment over sees it end here.
      if (this.#versions && byte === B.SLASH && this.#previous === B.STAR) {
        if (this.#mode !== "code" && this.#mode !== "block-comment") this.#doubt();
      }
      if (this.#mode === "code") this.#code(bytes, i, byte);
      else if (this.#mode === "string") this.#string(bytes, i, byte);
      else if (this.#mode === "identifier") this.#identifier(byte);
      else if (this.#mode !== "rest") this.#comment(bytes, i, byte);
      if (this.#doubtful && this.#doubts.take(byte)) this.#mode = "rest";
      if (this.#mode === "rest") this.#fill(bytes, i);
      this.#previous = this.#ended ? 0 : byte;
      this.#ended = false;
    }
  }

  /** From the byte at hand on the server may see other strings and comments than we do. */
  #doubt(): void {
    const inside = this.#mode !== "code" && this.#mode !== "identifier";
    const pending = this.#outer.pending || (inside && this.#inner.pending);
    if (pending || this.#filling || (this.#versionOpen && this.#beforeVersion.pending)) {
      this.#mode = "rest";
    } else if (!this.#doubtful) {
      this.#doubtful = true;
      this.#doubts.begin(this.#outer.identified || this.#inner.identified);
    }
  }

  #endWord(trigger: SecretTrigger): void {
    if (this.#word.size > 0) trigger.word(this.#word.take());
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
      if (this.#word.size === 0) this.#filling = trigger.armed && isDigit(byte);
      if (this.#filling) {
        this.#fill(bytes, i);
        this.#word.size++;
      } else this.#word.add(byte);
      return;
    }
    if (this.#filling) {
      this.#filling = false;
      this.#word.clear();
    }
    this.#endWord(trigger);
    if (byte === B.QUOTE || byte === B.DOUBLE_QUOTE) this.#beginString(byte);
    else if (byte === B.BACKTICK) {
      this.#mode = "identifier";
      if (this.#previous >= 0x80) this.#doubt();
    } else if (byte === B.STAR && this.#previous === B.SLASH) this.#beginComment("block-comment");
    else if (byte === B.HASH) this.#beginComment("line-comment");
    else if (this.#dashes && this.#previous === B.DASH && (isSpace(byte) || byte === B.DELETE)) {
      if (byte !== B.NEWLINE) this.#beginComment("line-comment");
    } else if (byte === B.SLASH && this.#previous === B.STAR && this.#versionOpen) {
      this.#version(false);
    } else if (!isSpace(byte) && byte !== B.SLASH && byte !== B.DASH) {
      if (byte !== B.STAR || !this.#versionOpen) trigger.punctuation(byte);
    }
    if (byte === B.SEMICOLON) this.#strings.reset();
    this.#dashes = byte === B.DASH && this.#previous === B.DASH;
  }

  /** A comment that versions run begins or ends: those that don't go on from where it began. */
  #version(begins: boolean): void {
    if (!begins) this.#outer.keep(this.#beforeVersion);
    else if (!this.#versionOpen) this.#beforeVersion.copy(this.#outer);
    this.#versions = this.#ended = true;
    this.#versionOpen = begins;
  }

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
      const insideWord = this.#word.size > 0;
      // A name in quotes: "my_password" with ANSI_QUOTES, @'my_password'.
      if (this.#onlyWord) this.#outer.name(this.#word.text);
      this.#endWord(this.#inner);
      const due = insideWord
        ? this.#inner.identified
        : LEADS.has(this.#last) || isSpace(this.#last);
      if (this.#inner.due) {
        if (due) this.#mode = "rest";
        else this.#inner.reset();
      }
    }
    this.#filling = false;
    this.#previous = 0;
    this.#word.clear();
  }

  #identifier(byte: number): void {
    if (byte !== B.BACKTICK) return this.#word.add(byte);
    this.#outer.name(this.#word.take());
    this.#mode = "code";
    if (this.#previous >= 0x80) this.#doubt();
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
      return this.#innerQuote(byte);
    }
    // Without escapes the quote ends the string; behind half a character a backslash is no escape.
    if (byte === this.#quote && this.#previous === B.BACKSLASH) this.#doubt();
    if (this.#escaped) {
      this.#escaped = false;
      this.#innerByte(SPACE_ESCAPES.has(byte) ? 0x20 : byte);
    } else if (byte === B.BACKSLASH && this.#backslashEscapes) this.#escaped = true;
    else if (byte === this.#quote) {
      this.#quotePending = true;
      return;
    } else this.#innerByte(byte);
    if (this.#filling) this.#fill(bytes, i);
  }

  /** Text inside of a string or comment: looked through for the same words. */
  #innerByte(byte: number): void {
    this.#last = byte;
    if (byte === B.QUOTE || byte === B.DOUBLE_QUOTE) return this.#innerQuote(byte);
    if (this.#filling) return;
    if (WORD_BYTE[byte]) {
      if (this.#word.size === 0 && isDigit(byte) && this.#inner.due) this.#filling = true;
      this.#word.add(byte);
      return;
    }
    this.#onlyWord = false;
    this.#endWord(this.#inner);
    if (!isSpace(byte) && byte !== B.BACKSLASH) this.#inner.punctuation(byte);
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
    const code = block && byte === B.EXCLAMATION &&
      (at === 0 || (at === 1 && this.#previous === B.CAPITAL_M));
    const end = block
      ? byte === B.SLASH && this.#previous === B.STAR && at > 0
      : byte === B.NEWLINE;
    if (code || end) {
      this.#filling = false;
      this.#word.clear();
      this.#mode = "code";
      this.#ended = true;
      if (code) this.#version(true);
      else if (this.#versionOpen) this.#outer.keep(this.#beforeVersion);
      return;
    }
    const opens = !this.#filling && (byte === B.QUOTE || byte === B.DOUBLE_QUOTE);
    if (at === 0) this.#hint = block && byte === B.PLUS;
    // In a hint's quotes the end of a comment ends nothing.
    if (this.#hint && (opens || byte === B.BACKTICK)) this.#doubt();
    this.#innerByte(byte);
    if (this.#filling && !opens && (!block || byte !== B.STAR)) this.#fill(bytes, i);
  }
}
