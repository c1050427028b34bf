/**
 * Compares how tshark's MySQL dissector and `binlogd proxy --read` read captures: every packet's
 * sequence id and size, every command. `deno run -A scripts/compare_tshark.ts [CAPTURE…]`; without
 * names those of testdata/captures. Exit status 1 where they differ; where tshark is missing that
 * is said, and nothing is compared.
 */
import type { PacketView } from "../lib/proxy/packet_view.ts";
import { feedStreams } from "../lib/proxy/replay_script.ts";
import { TcpStreams } from "../lib/proxy/tcp_streams.ts";
import { Watch } from "../lib/proxy/watch.ts";
import { execText } from "./testbed/exec.ts";
import { hasProgram } from "./testbed/has_program.ts";

const FOLDER = new URL("../testdata/captures", import.meta.url).pathname;
const FIELDS = [
  "tcp.stream",
  "tcp.srcport",
  "mysql.packet_number",
  "mysql.packet_length",
  "mysql.command",
];

/** A packet as binlogd reads it. */
type Ours = Pick<PacketView, "direction" | "sequence" | "length" | "kind" | "text"> & {
  command: number | undefined;
};

/** What was found for one capture. */
export interface Comparison {
  packets: number;
  commands: number;
  /** Packets of a login or ACKs of semi-sync that tshark takes for commands. */
  misread: number;
  differences: string[];
}

/** Our packets by connection, in order; what follows the begin of TLS is left out. */
function readOurs(path: string): Map<number, Ours[]> {
  const packets = new Map<number, Ours[]>();
  const sink = {
    packet({ connection, direction, sequence, length, kind, text, bytes }: PacketView): void {
      const list = packets.get(connection) ?? [];
      packets.set(connection, list);
      const command = kind === "command" ? bytes[0] : undefined;
      list.push({ direction, sequence, length, kind, text, command });
    },
    notice: () => {},
  };
  for (const _ of feedStreams(path, new TcpStreams(new Watch({ sink }))));
  return packets;
}

function numbers(text: string | undefined): number[] {
  return text ? text.split(",").map(Number) : [];
}

/** Compares one capture. Streams of tshark and connections of ours are counted alike. */
export async function compareCapture(path: string): Promise<Comparison> {
  const text = await execText("tshark", [
    "-r",
    path,
    "-Y",
    "mysql",
    "-T",
    "fields",
    "-E",
    "occurrence=a",
    ...FIELDS.flatMap((field) => ["-e", field]),
  ]);
  const ours = readOurs(path);
  const next = new Map<string, number>();
  const result: Comparison = { packets: 0, commands: 0, misread: 0, differences: [] };
  for (const line of text.split("\n").filter((entry) => entry !== "")) {
    const [stream, port, sequences, lengths, commands] = line.split("\t");
    const connection = Number(stream) + 1;
    const direction = port === "3306" ? "down" : "up";
    const key = `${connection} ${direction}`;
    const all = (ours.get(connection) ?? []).filter((packet) => packet.direction === direction);
    const start = next.get(key) ?? 0;
    const theirs = numbers(sequences);
    const part = all.slice(start, start + theirs.length);
    next.set(key, start + theirs.length);
    compareFrame(result, `connection ${connection}, ${direction}, packet ${start + 1}`, part, {
      sequences: theirs,
      lengths: numbers(lengths),
      commands: numbers(commands),
    });
  }
  for (const [connection, list] of ours) {
    for (const direction of ["up", "down"] as const) {
      const count = list.filter((packet) => packet.direction === direction).length;
      const seen = next.get(`${connection} ${direction}`) ?? 0;
      if (count === seen) continue;
      const tls = list.some((packet) => packet.text.startsWith("SSLRequest"));
      if (tls && seen <= count) continue;
      result.differences.push(
        `connection ${connection}, ${direction}: ${count} packets, tshark has ${seen}`,
      );
    }
  }
  return result;
}

function compareFrame(
  result: Comparison,
  where: string,
  ours: Ours[],
  theirs: { sequences: number[]; lengths: number[]; commands: number[] },
): void {
  const differ = (what: string, mine: unknown, other: unknown): void => {
    if (String(mine) === String(other)) return;
    result.differences.push(`${where}: ${what} ${mine}, tshark has ${other}`);
  };
  differ("sequence ids", ours.map(({ sequence }) => sequence), theirs.sequences);
  differ("sizes", ours.map(({ length }) => length), theirs.lengths);
  result.packets += ours.length;
  const commands = ours.flatMap(({ command }) => command === undefined ? [] : [command]);
  result.commands += commands.length;
  if (commands.length === 0 && ours.every(({ kind }) => kind === "connect" || kind === "ack")) {
    // It does not know the later packets of a login, nor ACKs.
    result.misread += theirs.commands.length;
    return;
  }
  differ("commands", commands, theirs.commands);
}

/** Names of the captures of the project. */
export async function projectCaptures(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (name.endsWith(".pcapng")) names.push(`${FOLDER}/${name}`);
  }
  return names.sort();
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) {
  if (!await hasProgram("tshark")) {
    print("skipped: tshark is missing (Debian: apt-get install tshark)");
    Deno.exit(0);
  }
  const paths = Deno.args.length > 0 ? Deno.args : await projectCaptures();
  let failed = false;
  for (const path of paths) {
    const { packets, commands, misread, differences } = await compareCapture(path);
    const note = misread > 0 ? `, ${misread} packets of logins and ACKs it takes for commands` : "";
    print(`${path.split("/").pop()}: ${packets} packets, ${commands} commands the same${note}`);
    for (const difference of differences) print(`  differs: ${difference}`);
    failed ||= differences.length > 0 || packets === 0;
  }
  Deno.exit(failed ? 1 : 0);
}
