import { waitUntil } from "./_binlogd.ts";

/**
 * Waits until nobody has a lock on a file: a child process that another test has just forked has the
 * locks of this process until it calls exec, whatever is closed here meanwhile.
 */
export async function unlocked(path: string): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return;
  // Looked up where the kernel lists them, since who tries a lock has it.
  const locks = (): Promise<string> => Deno.readTextFile("/proc/locks").catch(() => "");
  await waitUntil(async () => !(await locks()).includes(`:${info.ino} `));
}
