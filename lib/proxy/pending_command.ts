import { ResultTable } from "./result_table.ts";

/** Where the answer to a command has come to. */
export type ResponseStage =
  | "first"
  | "parameters"
  | "parameters-end"
  | "columns"
  | "columns-end"
  | "rows"
  | "infile"
  | "dump";

/** A command whose answer is not complete. */
export interface PendingCommand {
  command: number;
  stage: ResponseStage;
  /** Definitions still to come in stages `parameters` and `columns`. */
  left: number;
  /** Column definitions that follow the parameters of a prepared statement. */
  columnsAfter: number;
  /** Rows come in the binary form. */
  binary: boolean;
  /** Its text held a secret, so that an error message may quote it. */
  secret: boolean;
  table: ResultTable;
}

/** A command that was just sent. */
export function newPending(command: number, secret: boolean, rowsShown: number): PendingCommand {
  return {
    command,
    stage: "first",
    left: 0,
    columnsAfter: 0,
    binary: false,
    secret,
    table: new ResultTable(rowsShown),
  };
}
