import type { PurgeTime } from "./purge_time.ts";

/** Whose value of a system variable: the server's or the session's; empty where not said. */
export type VariableScope = "global" | "session" | "";

/** What a value is made of. */
export type Expression =
  | { kind: "literal"; value: string | number | bigint | null }
  | { kind: "system variable"; scope: VariableScope; name: string }
  | { kind: "user variable"; name: string }
  | { kind: "call"; name: string; args: Expression[] }
  | { kind: "word"; name: string };

/** A column of a SELECT, named as it was written or by its alias. */
export interface SelectItem {
  name: string;
  value: Expression;
}

/** Says whether a name is among those asked for. */
export type NameFilter = (name: string) => boolean;

/** What SHOW can show; the text of the statement in its newest form. */
export type ShowWhat =
  | "variables"
  | "status"
  | "binary logs"
  | "binary log status"
  | "binlog events"
  | "replicas"
  | "processlist"
  | "warnings"
  | "warning count"
  | "databases"
  | "grants"
  | "nothing";

/** SHOW …, taken apart. */
export interface ShowStatement {
  kind: "show";
  what: ShowWhat;
  /** Said with the words of before MySQL 8.0.22: SLAVE, MASTER. */
  oldWords: boolean;
  filter: NameFilter;
  /** SHOW BINLOG EVENTS IN file FROM position LIMIT offset, count. */
  file?: string;
  from?: number;
  offset: number;
  limit: number;
  full: boolean;
}

/** One assignment of a SET. */
export interface Assignment {
  target: "user" | VariableScope;
  name: string;
  value: Expression;
}

/** A statement that we understand. */
export type Statement =
  | { kind: "select"; items: SelectItem[] }
  | { kind: "set"; assignments: Assignment[] }
  | ShowStatement
  | { kind: "kill"; id: Expression; query: boolean }
  | { kind: "purge"; to?: Expression; before?: PurgeTime }
  | { kind: "use"; database: string }
  | { kind: "nothing" };
