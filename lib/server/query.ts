import type { ColumnDefinition } from "../protocol/result_set.ts";
import { parseStatement } from "./sql_parser.ts";
import { evaluate, type ExpressionContext, unknownVariable } from "./expression.ts";
import { gtidPosCall } from "./gtid_pos_call.ts";
import { ownText } from "./own_text.ts";
import type { ServerState } from "./server_state.ts";
import { StatementWork } from "./statement_work.ts";
import type { Session } from "./session.ts";
import { show } from "./show.ts";
import { type PurgeTime, purgeTime } from "./purge_time.ts";
import { SqlError } from "./sql_error.ts";
import type { Assignment, Expression, SelectItem } from "./sql_statement.ts";
import { selectedValue, type SystemVariables, type VariableValue } from "./system_variables.ts";

/** The answer to a statement: rows, or OK where there are no columns. */
export interface QueryAnswer {
  columns: ColumnDefinition[];
  rows: (string | null)[][];
}

/** Characters of all values of a SELECT but the first: what a session can keep fits in. */
const ANSWER_MAX = 1024 * 1024;
/** Longest name of a database that is kept. */
const DATABASE_MAX = 256;

/** OK. */
export const OK_ANSWER: QueryAnswer = { columns: [], rows: [] };

/**
 * Answers a statement.
 * @throws {SqlError} for the ERR packet to send.
 */
export async function answerQuery(
  text: string,
  session: Session,
  state: ServerState,
): Promise<QueryAnswer> {
  const statement = parseStatement(text);
  const variables = state.variables();
  const context: ExpressionContext = {
    session,
    variables,
    version: String(variables.get("version")),
    binlogGtidPos: undefined,
    work: new StatementWork(),
  };
  switch (statement.kind) {
    case "select":
      await findGtidPos(statement.items, context, state);
      return select(statement.items, context);
    case "set":
      await findGtidPos(statement.assignments, context, state);
      for (const assignment of statement.assignments) assign(assignment, context, variables);
      return OK_ANSWER;
    case "show":
      return await show(statement, session, state);
    case "kill":
      kill(Number(evaluate(statement.id, context)), statement.query, session, state);
      return OK_ANSWER;
    case "purge":
      await purge(statement, session, state, context);
      return OK_ANSWER;
    case "use":
      session.database = ownText(statement.database.slice(0, DATABASE_MAX));
      return OK_ANSWER;
    case "nothing":
      return OK_ANSWER;
  }
}

async function findGtidPos(
  parts: readonly { value: Expression }[],
  context: ExpressionContext,
  { catalog }: ServerState,
): Promise<void> {
  context.binlogGtidPos = await gtidPosCall(parts.map(({ value }) => value), context, catalog);
}

function select(items: SelectItem[], context: ExpressionContext): QueryAnswer {
  let size = 0;
  const values = items.map(({ value }, i) => {
    const found = evaluate(value, context);
    size += String(found).length;
    // One alone may be longer: there is no other way to see a long gtid_executed.
    if (i > 0 && size > ANSWER_MAX) throw new SqlError("UNKNOWN_ERROR", "The answer is too long");
    return found;
  });
  const columns = items.map(({ name }, i) => {
    const type = typeof values[i];
    const integer = type === "number" || type === "bigint" || type === "boolean";
    return { name, integer, notNull: items[i]!.value.kind === "literal" && values[i] !== null };
  });
  return { columns, rows: [values.map(selectedValue)] };
}

function assign(
  { target, name, value }: Assignment,
  context: ExpressionContext,
  variables: SystemVariables,
): void {
  const { session } = context;
  if (target === "user") {
    const found = evaluate(value, context);
    context.work.spend(name.length + String(found).length);
    session.setUser(name, found);
    return;
  }
  if (!variables.has(name)) throw unknownVariable(name);
  if (target === "global" || !variables.isSession(name)) {
    throw new SqlError(
      "INCORRECT_GLOBAL_LOCAL",
      `Variable '${name}' is a read only variable: binlogd is set up by its command line`,
    );
  }
  const found = sessionValue(value, context);
  context.work.spend(String(found).length);
  session.setSystem(name, found);
}

/** Right side of SET: a bare word is text there (SET character_set_results = utf8mb4). */
function sessionValue(value: Expression, context: ExpressionContext): VariableValue {
  return value.kind === "word" && !/^(true|false)$/i.test(value.name)
    ? value.name
    : evaluate(value, context);
}

/** KILL id and COM_PROCESS_KILL: own connections always, others' with admin. */
export function kill(id: number, query: boolean, session: Session, state: ServerState): void {
  const entry = state.registry.get(id);
  if (!entry) throw new SqlError("NO_SUCH_THREAD", `Unknown thread id: ${id}`);
  const own = entry.session?.account.name === session.account.name;
  if (!own && !session.may("admin")) {
    throw new SqlError("KILL_DENIED", `You are not owner of thread ${id}`);
  }
  // A dump is the only query that lasts.
  if (!query || entry.place) entry.end();
}

async function purge(
  statement: { to?: Expression; before?: PurgeTime },
  session: Session,
  state: ServerState,
  context: ExpressionContext,
): Promise<void> {
  session.demand("admin");
  const { catalog } = state;
  await catalog.refresh();
  let to: string | undefined;
  if (statement.to) {
    const name = String(evaluate(statement.to, context)).split("/").pop()!;
    if (!catalog.files.includes(name)) {
      throw new SqlError("UNKNOWN_TARGET_BINLOG", "Target log not found in binlog index");
    }
    to = name;
  } else if (statement.before) {
    to = await firstModifiedAfter(state, purgeTime(statement.before, context));
  }
  if (to === undefined) return;
  if (!state.purge) {
    throw new SqlError("UNKNOWN_ERROR", "The files are not this server's to remove");
  }
  await state.purge(firstInUse(state, to));
}

/** Files stay from the first one that some dump reads, as on a source: else that dump would break. */
function firstInUse({ catalog, registry, log }: ServerState, to: string): string {
  const { files } = catalog;
  const before = files.slice(0, files.indexOf(to));
  const held = before.find((file) => registry.inUse(file));
  if (held !== undefined) log.warning("files are being read and stay", { from: held, asked: to });
  return held ?? to;
}

async function firstModifiedAfter(
  { catalog }: ServerState,
  time: number,
): Promise<string | undefined> {
  for (const file of catalog.files) {
    const { mtime } = await Deno.stat(catalog.path(file));
    if ((mtime?.getTime() ?? Infinity) >= time) return file;
  }
  return catalog.files[catalog.files.length - 1];
}
