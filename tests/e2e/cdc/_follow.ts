/** An account of a server on this machine; all have the same password. */
export interface Login {
  port: number;
  user: string;
}

/** Where a client connects, and where it begins. */
export interface Settings extends Login {
  /** The first file to read; without one all there is, by GTID. */
  file?: string;
  /** A server to ask for table definitions, where it is another one. */
  control?: Login;
}

/** A changed row. */
export interface Change {
  op: "insert" | "update" | "delete";
  table: string;
  before?: unknown;
  after?: unknown;
}

/** One line of a client's output: an event as the client shows it, with the rows it changes. */
export interface Line {
  event: Record<string, unknown>;
  changes?: Change[];
}

/** What a client program does with its package; returns what has to be done at its end. */
export type Follow<Package> = (
  client: Package,
  settings: Settings,
  say: (line: Line) => void,
) => (() => Promise<void>) | Promise<void> | void;

/** Exit code of a program whose package can't be downloaded or loaded; stderr says why. */
const UNAVAILABLE = 69;

/** Bytes as hex and bigints as text, in all that a client may show. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `0x${value.toHex()}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

function say(line: Line): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(plain(line)) + "\n"));
}

async function load<Package>(name: string): Promise<Package> {
  try {
    return await import(name) as Package;
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    Deno.stderr.writeSync(new TextEncoder().encode(`${reason}\n`));
    Deno.exit(UNAVAILABLE);
  }
}

/**
 * Runs a client: settings are the program's argument as JSON, lines go to stdout, the end of stdin
 * ends it. Without an argument it says by its exit code whether the package can be had.
 *
 * The package's name is imported as a variable since only packages.json has it: all of the main
 * lock file is downloaded by everybody who runs binlogd from a checkout.
 */
export async function follow<Package>(name: string, work: Follow<Package>): Promise<void> {
  const client = await load<Package>(name);
  if (Deno.args[0] === undefined) Deno.exit(0);
  const end = await work(client, JSON.parse(Deno.args[0]), say);
  await Deno.stdin.readable.pipeTo(new WritableStream());
  if (end) await end();
  Deno.exit(0);
}
