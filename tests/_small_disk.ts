/**
 * Runs `work` with a folder on a tmpfs of `mebibytes`, which `resize` makes larger. Needs the right
 * to mount; a machine without it fails the test, since a skipped one would look like a good one.
 */
export async function withSmallDisk(
  mebibytes: number,
  work: (dir: string, resize: (mebibytes: number) => void) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "binlogd-full-" });
  const mount = (...args: string[]): void => {
    const done = new Deno.Command("mount", { args: [...args, dir] }).outputSync();
    if (!done.success) throw new Error("tmpfs can't be mounted here, which this test needs");
  };
  try {
    mount("-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs");
    await work(dir, (size) => mount("-o", `remount,size=${size}m`));
  } finally {
    new Deno.Command("umount", { args: [dir] }).outputSync();
    await Deno.remove(dir, { recursive: true });
  }
}
