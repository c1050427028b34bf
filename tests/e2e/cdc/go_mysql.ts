/**
 * Follows binlogs with go-mysql-js: the canal of go-mysql, which is written in Go. The package shows
 * the first row of each event only.
 */
import { type Change, follow } from "./_follow.ts";

interface Event {
  binlogPosition: { name: string; position: number };
  table: { schema: string; name: string };
  insert?: unknown;
  update?: { old: unknown; new: unknown };
  delete?: unknown;
}

interface Canal {
  emit(name: string, value: unknown): boolean;
  close(): Promise<void>;
}

interface CanalClass {
  create(config: Record<string, unknown>): Promise<Canal>;
  prototype: Canal;
}

interface Package {
  default: { default: CanalClass };
}

/**
 * Sees everything that a client emits. A handler could be added only when `create` has resolved,
 * and what came along with the answer to the login would be lost.
 */
function onEmit(Client: CanalClass, see: (name: string, value: unknown) => void): void {
  const { emit } = Client.prototype;
  Client.prototype.emit = function (name, value): boolean {
    see(name, value);
    // An error without a handler would end the process.
    return name === "error" || emit.call(this, name, value);
  };
}

function changes({ table: { schema, name }, ...event }: Event): Change[] {
  const table = `${schema}.${name}`;
  if (event.update) {
    return [{ op: "update", table, before: event.update.old, after: event.update.new }];
  }
  if (event.insert) return [{ op: "insert", table, after: event.insert }];
  return [{ op: "delete", table, before: event.delete }];
}

await follow<Package>("go-mysql-js", ({ default: { default: Client } }, settings, say) => {
  const config = {
    hostname: "127.0.0.1",
    port: settings.port,
    username: settings.user,
    password: "secret",
    tableRegexes: ["^d\\."],
    binlogPosition: { name: settings.file, position: 4 },
  };
  onEmit(Client, (name, value) => {
    if (name === "error") say({ event: { error: (value as Error).message } });
    if (name !== "event") return;
    const event = value as Event;
    say({ event: { at: event.binlogPosition }, changes: changes(event) });
  });
  // Deno does not run the package's postinstall, which makes its program executable.
  const canal = Client.create(config).catch(async (error) => {
    if (error.code !== "EACCES") throw error;
    await Deno.chmod(error.path, 0o755);
    return await Client.create(config);
  });
  return async () => await (await canal).close();
});
