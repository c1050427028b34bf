/** How often a mount that is in use is tried again, and the pause between, in milliseconds. */
const TRIES = 100;
const PAUSE_MS = 50;

/**
 * Runs `mount` or `umount`, again while the file system is in use: a file that a test has closed
 * is still open in the child process that another test has just forked, until that one has called
 * exec. Needs the right to mount; a machine without it fails the test, since a skipped one would
 * look like a good one.
 */
export async function mount(command: "mount" | "umount", ...args: string[]): Promise<void> {
  for (let left = TRIES;; left--) {
    const done = new Deno.Command(command, { args, env: { LC_ALL: "C" } }).outputSync();
    if (done.success) return;
    const said = new TextDecoder().decode(done.stderr).trim();
    if (left === 0 || !said.includes("busy")) {
      throw new Error(`${command} fails here, which this test needs: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
