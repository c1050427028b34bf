/** Follows binlogs with @libraz/mysql-event-stream: protocol and parser of its own, in C++. */
import { type Change, follow, type Line } from "./_follow.ts";

interface Event extends Record<string, unknown> {
  type: "INSERT" | "UPDATE" | "DELETE";
  database: string;
  table: string;
  before: unknown;
  after: unknown;
}

interface Polled {
  data: Uint8Array | null;
  checksumEnabled: boolean;
}

type Config = Record<string, unknown>;

interface Package {
  CdcStream: new (config: Config) => AsyncIterable<Event>;
  BinlogClient: new (config: Config) => { start(): void; poll(): Promise<Polled> };
  CdcEngine: new () => {
    enableMetadata(config: Config): void;
    setChecksumEnabled(on: boolean): void;
    feed(bytes: Uint8Array): number;
    nextEvent(): Event | null;
  };
}

/** Its stream, with a connection for table definitions that goes to another server. */
async function* withControl(
  client: Package,
  config: Config,
  control: Config,
): AsyncGenerator<Event> {
  const engine = new client.CdcEngine();
  engine.enableMetadata(control);
  const reader = new client.BinlogClient(config);
  reader.start();
  while (true) {
    const { data, checksumEnabled } = await reader.poll();
    if (data === null) continue;
    engine.setChecksumEnabled(checksumEnabled);
    for (let rest = data; rest.length > 0;) {
      rest = rest.subarray(engine.feed(rest));
      for (let event = engine.nextEvent(); event !== null; event = engine.nextEvent()) yield event;
    }
  }
}

function toLine({ before, after, ...event }: Event): Line {
  const change: Change = {
    op: event.type.toLowerCase() as Change["op"],
    table: `${event.database}.${event.table}`,
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
  };
  return { event, changes: [change] };
}

await follow<Package>("@libraz/mysql-event-stream", (client, settings, say) => {
  const login = {
    host: "127.0.0.1",
    password: "secret",
    sslMode: 0,
    allowPublicKeyRetrieval: true,
  };
  const { file, port, user, control } = settings;
  const start = file === undefined
    ? { startGtid: "" }
    : { startBinlogFile: file, startBinlogPosition: 4 };
  const config = { ...login, port, user, serverId: 102, ...start };
  const events = control
    ? withControl(client, config, { ...login, ...control })
    : new client.CdcStream({ ...config, maxReconnectAttempts: 0 });
  const read = async (): Promise<void> => {
    for await (const event of events) say(toLine(event));
  };
  read().catch((error) => say({ event: { error: error.message, code: error.code } }));
});
