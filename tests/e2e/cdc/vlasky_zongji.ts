/** Follows binlogs with @vlasky/zongji: a parser in JavaScript, on connections of mysql2. */
import { type Change, follow, type Login } from "./_follow.ts";

type Row = Record<string, unknown>;

interface Event {
  getTypeName(): string;
  tableId?: number;
  tableMap?: Record<number, { parentSchema: string; tableName: string }>;
  rows?: (Row | { before: Row; after: Row })[];
}

interface ZongJi {
  ctrlConnection: unknown;
  options: { filename?: string; position?: number };
  on(event: "binlog", handler: (event: Event) => void): void;
  on(event: "error", handler: (error: Error & { errno?: number }) => void): void;
  start(options: { serverId: number; filename?: string; gtidSet?: string }): void;
  _establishConnection(login: Login): void;
}

interface Package {
  default: new (login: Record<string, unknown>) => ZongJi;
}

const MYSQL2: string = "mysql2";
const OPS: Record<string, Change["op"]> = {
  WriteRows: "insert",
  UpdateRows: "update",
  DeleteRows: "delete",
};

function connection(login: Login): Record<string, unknown> {
  const { port, user } = login;
  const numbers = { supportBigNumbers: true, bigNumberStrings: true };
  return { host: "127.0.0.1", port, user, password: "secret", dateStrings: true, ...numbers };
}

function changes(event: Event): Change[] {
  const op = OPS[event.getTypeName()];
  const map = event.tableMap?.[event.tableId!];
  if (op === undefined || map === undefined) return [];
  const table = `${map.parentSchema}.${map.tableName}`;
  return event.rows!.map((row) => {
    if (op === "update") return { op, table, ...row as { before: Row; after: Row } };
    return op === "insert" ? { op, table, after: row } : { op, table, before: row };
  });
}

function shown(event: Event): Record<string, unknown> {
  const inner = ([name]: [string, unknown]): boolean =>
    name.startsWith("_") || name === "tableMap" || name === "rows";
  const fields = Object.entries(event).filter((field) => !inner(field));
  return { type: event.getTypeName(), ...Object.fromEntries(fields) };
}

await follow<Package>("@vlasky/zongji", async ({ default: Client }, settings, say) => {
  const { createConnection } = await import(MYSQL2) as {
    createConnection: (login: Record<string, unknown>) => unknown;
  };
  const { file, control } = settings;
  /** Has no option for a control connection to another server, so that this replaces it. */
  class WithControl extends Client {
    override _establishConnection(login: Login): void {
      super._establishConnection(login);
      if (control) this.ctrlConnection = createConnection(connection(control));
    }
  }
  const client = new WithControl(connection(settings));
  client.on("error", ({ message, errno }) => say({ event: { error: message, errno } }));
  client.on("binlog", (event) => {
    const { filename, position } = client.options;
    say({ event: { ...shown(event), filename, position }, changes: changes(event) });
  });
  client.start({ serverId: 101, ...(file === undefined ? { gtidSet: "" } : { filename: file }) });
});
