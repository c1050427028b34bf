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
  on(event: "event", handler: (event: Event) => void): void;
  on(event: "error", handler: (error: Error) => void): void;
  close(): Promise<void>;
}

interface Package {
  default: { default: { create(config: Record<string, unknown>): Promise<Canal> } };
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
  // Deno does not run the package's postinstall, which makes its program executable.
  const canal = Client.create(config).catch(async (error) => {
    if (error.code !== "EACCES") throw error;
    await Deno.chmod(error.path, 0o755);
    return await Client.create(config);
  });
  canal.then((client) => {
    client.on("error", ({ message }) => say({ event: { error: message } }));
    client.on("event", (event) => {
      say({ event: { at: event.binlogPosition }, changes: changes(event) });
    });
  });
  return async () => await (await canal).close();
});
