import type { BinlogCatalog } from "./binlog_catalog.ts";
import { binlogGtidPos } from "./binlog_gtid_pos.ts";
import { evaluate, type ExpressionContext } from "./expression.ts";
import { SqlError } from "./sql_error.ts";
import type { Expression } from "./sql_statement.ts";

const NAME = "BINLOG_GTID_POS";

function callsIn(value: Expression): Expression[][] {
  if (value.kind !== "call") return [];
  const inner = value.args.flatMap(callsIn);
  return value.name === NAME ? [value.args, ...inner] : inner;
}

/**
 * What BINLOG_GTID_POS is in a statement with these values; undefined where they do not ask for it.
 * It is found before they are evaluated, as the file is read in turns with what other clients want.
 * @throws {SqlError} for an account that may not know, and where it is asked for more than once: a
 *   replica asks once, on connecting.
 */
export async function gtidPosCall(
  values: readonly Expression[],
  context: ExpressionContext,
  catalog: BinlogCatalog,
): Promise<string | null | undefined> {
  const calls = values.flatMap(callsIn);
  const [args] = calls;
  if (args?.length !== 2) return undefined;
  context.session.demand("replicate", "monitor");
  if (calls.length > 1) {
    throw new SqlError("NOT_SUPPORTED_YET", `binlogd answers ${NAME} once in a statement`);
  }
  const [file, position] = args.map((arg) => evaluate(arg, context));
  return await binlogGtidPos(catalog, String(file ?? ""), Number(position));
}
