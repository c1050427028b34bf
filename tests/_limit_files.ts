import { hasProgram } from "../scripts/testbed/has_program.ts";
import { waitUntil } from "./_binlogd.ts";

/** Whether open files of another process can be limited here. */
export const CAN_LIMIT_FILES: boolean = await hasProgram("prlimit");

/** Limits the open files of a process; what it may raise the limit to stays, unless `hard`. */
export async function limitFiles(pid: number, limit: number, hard = false): Promise<void> {
  const args = ["--pid", String(pid), `--nofile=${limit}:${hard ? limit : ""}`];
  const { success, stderr } = await new Deno.Command("prlimit", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The lowest descriptor that a process has free. */
function lowestFree(pid: number): number {
  const used = new Set(Array.from(Deno.readDirSync(`/proc/${pid}/fd`), ({ name }) => Number(name)));
  let free = 0;
  while (used.has(free)) free++;
  return free;
}

/**
 * Does `work`, which begins with a connection to a process, while that connection takes the last file
 * that the process may open; a while later it may open others again.
 */
export async function withLastFile<T>(pid: number, work: () => Promise<T>): Promise<T> {
  const free = lowestFree(pid);
  await limitFiles(pid, free + 1);
  let done = false;
  const working = work().finally(() => done = true);
  try {
    await waitUntil(() => lowestFree(pid) > free || done);
    await new Promise((resolve) => setTimeout(resolve, 200));
  } finally {
    await limitFiles(pid, 1000);
  }
  return await working;
}
