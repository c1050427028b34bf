/** Asks what a server without tables refuses, with mysql2, and shows the numbers of the errors. */
import { follow } from "./_follow.ts";

interface Connection {
  query(sql: string, done: (error: { errno: number } | null) => void): void;
  execute(sql: string, done: (error: { errno: number } | null) => void): void;
}

interface Package {
  createConnection(config: Record<string, unknown>): Connection;
}

await follow<Package>("mysql2", ({ createConnection }, { port, user }, say) => {
  const connection = createConnection({ host: "127.0.0.1", port, user, password: "secret" });
  connection.query("SELECT * FROM INFORMATION_SCHEMA.COLUMNS", (error) => {
    say({ event: { statement: "query", errno: error?.errno } });
  });
  connection.execute("SELECT VERSION()", (error) => {
    say({ event: { statement: "execute", errno: error?.errno } });
  });
  connection.query("SELECT VERSION()", (error) => {
    say({ event: { statement: "last", errno: error?.errno } });
  });
});
