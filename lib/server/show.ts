import type { ColumnDefinition } from "../protocol/result_set.ts";
import type { QueryAnswer } from "./query.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";
import { showBinlogEvents } from "./show_binlog_events.ts";
import type { ShowStatement } from "./sql_statement.ts";
import { statusValues } from "./status_values.ts";
import { shownValue } from "./system_variables.ts";

const text = (...names: string[]): ColumnDefinition[] =>
  names.map((name) => ({ name, notNull: true }));
const integer = (name: string): ColumnDefinition => ({ name, integer: true, notNull: true });

/** Answers SHOW with the columns that the flavour and version have. */
export async function show(
  statement: ShowStatement,
  session: Session,
  state: ServerState,
): Promise<QueryAnswer> {
  switch (statement.what) {
    case "variables":
      return showVariables(statement, session, state);
    case "status": {
      const rows = statusValues(state).filter(([name]) => statement.filter(name!));
      return { columns: text("Variable_name", "Value"), rows };
    }
    case "binary logs":
      session.demand("monitor");
      return await showBinaryLogs(state);
    case "binary log status":
      session.demand("monitor");
      return await showStatus(state);
    case "binlog events":
      session.demand("replicate", "monitor");
      return await showBinlogEvents(statement, state);
    case "replicas":
      session.demand("replicate", "monitor");
      return showReplicas(statement, state);
    case "processlist":
      return showProcesslist(statement, session, state);
    case "warnings":
      return { columns: [...text("Level"), integer("Code"), ...text("Message")], rows: [] };
    case "warning count":
      return { columns: [integer("@@session.warning_count")], rows: [["0"]] };
    case "databases":
      return { columns: text("Database"), rows: [] };
    case "grants":
      return showGrants(session);
    case "nothing":
      return { columns: text("Nothing"), rows: [] };
  }
}

function showVariables(
  { filter }: ShowStatement,
  session: Session,
  state: ServerState,
): QueryAnswer {
  const variables = state.variables();
  const rows = variables.names().filter(filter).map((name) => {
    const value = session.system(name) ?? variables.get(name) ?? null;
    return [name, shownValue(value)];
  });
  return { columns: text("Variable_name", "Value"), rows };
}

/** Whether the version is MySQL's, and at least this one. */
function mysqlSince(state: ServerState, major: number, minor: number): boolean {
  if (state.catalog.mariadb) return false;
  const [a = 0, b = 0] = state.catalog.serverVersion.split(".").map((part) => parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}

async function showBinaryLogs(state: ServerState): Promise<QueryAnswer> {
  const { catalog } = state;
  await catalog.refresh();
  const encrypted = mysqlSince(state, 8, 0);
  const rows: (string | null)[][] = [];
  for (const file of catalog.files) {
    const size = String(await catalog.limit(file));
    rows.push(encrypted ? [file, size, "No"] : [file, size]);
  }
  const columns = [...text("Log_name"), integer("File_size")];
  return { columns: encrypted ? [...columns, ...text("Encrypted")] : columns, rows };
}

async function showStatus(state: ServerState): Promise<QueryAnswer> {
  const { catalog } = state;
  await catalog.refresh();
  const columns = [
    ...text("File"),
    integer("Position"),
    ...text("Binlog_Do_DB", "Binlog_Ignore_DB"),
    ...catalog.mariadb ? [] : text("Executed_Gtid_Set"),
  ];
  const file = catalog.files[catalog.files.length - 1];
  if (file === undefined) return { columns, rows: [] };
  const row = [file, String(catalog.end().position), "", ""];
  // As the server prints it: each source in a line of its own.
  if (!catalog.mariadb) row.push(catalog.executed().toString().replaceAll(",", ",\n"));
  return { columns, rows: [row] };
}

function showReplicas({ oldWords }: ShowStatement, state: ServerState): QueryAnswer {
  const { mariadb } = state.catalog;
  const replicas = [...state.registry.all()].flatMap(({ replica, session }) =>
    // MariaDB shows where a replica comes from, if it does not say.
    replica ? { ...replica, host: replica.host || (mariadb && session?.address) || "" } : []
  ).filter(({ registered }) => registered).sort((a, b) => a.serverId - b.serverId);
  const own = String(state.serverId);
  if (mariadb) {
    return {
      columns: [integer("Server_id"), ...text("Host"), integer("Port"), integer("Master_id")],
      rows: replicas.map(({ serverId, host, port }) => [`${serverId}`, host, `${port}`, own]),
    };
  }
  const names = oldWords
    ? ["Server_id", "Host", "Port", "Master_id", "Slave_UUID"]
    : ["Server_Id", "Host", "Port", "Source_Id", "Replica_UUID"];
  return {
    columns: names.map((name) => ({ name, integer: /_id$|Port/i.test(name), notNull: true })),
    rows: replicas.map(({ serverId, host, port, uuid }) => [
      `${serverId}`,
      host,
      `${port}`,
      own,
      uuid,
    ]),
  };
}

function showProcesslist(
  { full }: ShowStatement,
  session: Session,
  state: ServerState,
): QueryAnswer {
  const all = session.may("monitor");
  const now = performance.now();
  const rows: (string | null)[][] = [];
  for (const entry of state.registry.all()) {
    const own = entry.session?.account.name === session.account.name;
    if (!all && !own) continue;
    const { place } = entry;
    const [source, replica] = state.catalog.mariadb ? ["Master", "slave"] : ["Source", "replica"];
    const doing = place
      ? place.atEnd
        ? `${source} has sent all binlog to ${replica}; waiting for more updates`
        : `Sending binlog event to ${replica}: ${place.file}:${place.position}`
      : entry.command === "Query"
      ? "executing"
      : "";
    rows.push([
      String(entry.id),
      entry.session?.account.name ?? "unauthenticated user",
      entry.peer,
      entry.session?.database || null,
      entry.command,
      String(Math.floor((now - entry.commandSince) / 1000)),
      doing,
      (full ? entry.info : entry.info?.slice(0, 100)) ?? null,
    ]);
  }
  const columns = ["Id", "User", "Host", "db", "Command", "Time", "State", "Info"];
  return {
    columns: columns.map((name) => ({
      name,
      integer: /Id|Time/.test(name),
      notNull: !/db|State|Info/.test(name),
    })),
    rows,
  };
}

function showGrants({ account }: Session): QueryAnswer {
  const words = {
    replicate: ["REPLICATION SLAVE"],
    monitor: ["REPLICATION CLIENT"],
    admin: ["SUPER", "REPLICATION SLAVE", "REPLICATION CLIENT"],
  };
  const granted = [...new Set(account.may.flatMap((privilege) => words[privilege]))].join(", ");
  const who = `\`${account.name}\`@\`${account.host}\``;
  return {
    columns: text(`Grants for ${account.name}@${account.host}`),
    rows: [[`GRANT ${granted || "USAGE"} ON *.* TO ${who}`]],
  };
}
