import { isDigit } from "./is_digit.ts";
import { isSecretName } from "./is_secret_name.ts";
import { isSpace } from "./is_space.ts";
import { SQL_BYTE } from "./sql_byte.ts";
import { SqlWord } from "./sql_word.ts";
import { WORD_BYTE } from "./word_byte.ts";

/** Escapes that stand for white space: the letter is no part of the word behind it. */
const SPACE_ESCAPES = new Set([..."0bnrtZ"].map((letter) => letter.charCodeAt(0)));
/** Signs behind a name that is not set to anything: `,` `)` `;` `.` */
const NAME_ENDS = new Set([..."),;."].map((sign) => sign.charCodeAt(0)));
/** Words that go on with an IDENTIFIED clause. */
const CLAUSE_WORDS = new Set(["by", "as", "using", "with", "via", "replace"]);
/** Words that a secret, or the account it is of, may follow. */
const LEADING_WORDS = new Set(["for", "to", "n", "x", "b", "binary"]);

/**
 * Looks for secrets in SQL text of which it can't be known where its strings and comments end: goes
 * by the words alone, whatever they are in.
 */
export class DoubtScanner {
  readonly #word = new SqlWord();
  #previous = "";
  #identified = false;
  /** The word before may be set to a secret. */
  #named = false;
  #escaped = false;

  /** Begins in the middle of a text; `identified`: an IDENTIFIED clause has begun. */
  begin(identified: boolean): void {
    this.#identified = identified;
    this.#word.clear();
    this.#previous = "";
    this.#named = this.#escaped = false;
  }

  /** Takes the next byte; true where a secret may begin with it. */
  take(byte: number): boolean {
    const space = this.#escaped && SPACE_ESCAPES.has(byte);
    this.#escaped = byte === SQL_BYTE.BACKSLASH && !this.#escaped;
    if (WORD_BYTE[byte] && !space) {
      if (this.#word.size === 0 && this.#named && isDigit(byte)) return true;
      this.#word.add(byte);
      return false;
    }
    if (this.#word.size > 0 && this.#endWord()) return true;
    if (!this.#named || space || isSpace(byte) || byte === SQL_BYTE.BACKTICK) {
      return false;
    }
    if (!NAME_ENDS.has(byte)) return true;
    this.#named = false;
    return false;
  }

  #endWord(): boolean {
    const word = this.#word.take();
    const previous = this.#previous;
    this.#previous = word;
    if (this.#named && (LEADING_WORDS.has(word) || word.startsWith("_"))) return true;
    if (this.#identified && CLAUSE_WORDS.has(word)) return true;
    if (word === "identified") this.#identified = true;
    this.#named = isSecretName(word);
    return this.#named && previous === "set";
  }
}
