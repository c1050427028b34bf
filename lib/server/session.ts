import type { Account, Privilege } from "./account.ts";
import { ownText } from "./own_text.ts";
import { SqlError } from "./sql_error.ts";
import type { VariableValue } from "./system_variables.ts";

/** User variables that one session may keep. */
const VARIABLES_MAX = 256;
/** Characters of all of them, names and values: as many as one statement can bring. */
const SIZE_MAX = 1024 * 1024;

const PRIVILEGE_NAMES: Record<Privilege, string> = {
  replicate: "REPLICATION SLAVE",
  monitor: "SUPER, REPLICATION CLIENT",
  admin: "SUPER, BINLOG_ADMIN",
};

function sizeOf(name: string, value: VariableValue): number {
  return name.length + String(value).length;
}

/** What the statements of one connection have set, and who it is. */
export class Session {
  readonly id: number;
  readonly account: Account;
  /** Address of the client. */
  readonly address: string;
  readonly #user = new Map<string, VariableValue>();
  readonly #system = new Map<string, VariableValue>();
  #size = 0;
  database = "";

  constructor(id: number, account: Account, address: string) {
    this.id = id;
    this.account = account;
    this.address = address;
  }

  /** Whether the account may do this; admin may do everything. */
  may(privilege: Privilege): boolean {
    return this.account.may.includes(privilege) || this.account.may.includes("admin");
  }

  /** @throws {SqlError} 1227 where the account may not. */
  demand(...anyOf: Privilege[]): void {
    if (anyOf.some((privilege) => this.may(privilege))) return;
    throw new SqlError(
      "LOCK_OR_ACCESS",
      `Access denied; you need (at least one of) the ${
        PRIVILEGE_NAMES[anyOf[0]!]
      } privilege(s) for this operation`,
    );
  }

  /** Value of a user variable; null where it was never set. */
  user(name: string): VariableValue {
    return this.#user.get(name) ?? null;
  }

  /** Whether a user variable was set, be it to NULL. */
  hasUser(name: string): boolean {
    return this.#user.has(name);
  }

  setUser(name: string, value: VariableValue): void {
    this.#put(this.#user, name, value);
  }

  system(name: string): VariableValue | undefined {
    return this.#system.get(name);
  }

  setSystem(name: string, value: VariableValue): void {
    this.#put(this.#system, name, value);
  }

  #put(map: Map<string, VariableValue>, name: string, value: VariableValue): void {
    const before = map.get(name);
    const known = before !== undefined;
    const size = this.#size + sizeOf(name, value) - (known ? sizeOf(name, before) : 0);
    if ((map.size >= VARIABLES_MAX && !known) || size > SIZE_MAX) {
      throw new SqlError("UNKNOWN_ERROR", "Too many variables in this session, or too long ones");
    }
    this.#size = size;
    map.set(ownText(name), typeof value === "string" ? ownText(value) : value);
  }

  /** Forgets what was set: COM_RESET_CONNECTION. */
  reset(): void {
    this.#user.clear();
    this.#system.clear();
    this.#size = 0;
  }
}
