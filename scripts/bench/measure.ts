/** What one run of a command cost. */
export interface Cost {
  /** Seconds. */
  wall: number;
  user: number;
  sys: number;
  /** Peak resident memory, MiB; 0 where the process was too short to be seen. */
  rss: number;
}

const POLL_MS = 20;
/** Half a second after its start `deno run` asks its site for a newer Deno; an executable does not. */
const NO_UPDATE_CHECK = { DENO_NO_UPDATE_CHECK: "1" };

async function peakMemory(pid: number): Promise<number> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  let peak = 0;
  for (const child of [pid, ...children.trim().split(" ").filter(Boolean).map(Number)]) {
    const status = await Deno.readTextFile(`/proc/${child}/status`).catch(() => "");
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
  return peak;
}

/** Runs a command and says what it cost: wall clock, CPU of it and its children, peak memory. */
export async function measure(
  command: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Cost> {
  const child = new Deno.Command("bash", {
    args: ["-c", "TIMEFORMAT='%R %U %S'; time \"$@\" 2>/dev/null >/dev/null", "bench", ...command],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    ...options,
    env: { ...NO_UPDATE_CHECK, ...options.env },
  }).spawn();
  let rss = 0;
  const timer = setInterval(() => {
    peakMemory(child.pid).then((peak) => rss = Math.max(rss, peak));
  }, POLL_MS);
  const { code, stderr } = await child.output();
  clearInterval(timer);
  const text = new TextDecoder().decode(stderr).trim();
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${text}`);
  const [wall, user, sys] = text.split("\n").pop()!.split(" ").map(Number);
  return { wall: wall!, user: user!, sys: sys!, rss };
}

/** The middle of some numbers. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
