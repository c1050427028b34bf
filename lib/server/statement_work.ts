import { SqlError } from "./sql_error.ts";

/** Characters that one statement may have functions and assignments work on: two long GTID sets. */
const CHARACTERS_MAX = 2 * 1024 * 1024;

/** What a statement has made us do so far; while it is answered, all other clients wait. */
export class StatementWork {
  #left = CHARACTERS_MAX;

  /** @throws {SqlError} where what was done before has been enough already. */
  spend(characters: number): void {
    if (this.#left <= 0) throw new SqlError("UNKNOWN_ERROR", "The statement takes too much work");
    this.#left -= characters;
  }
}
