import { mount } from "../scripts/crash/mount.ts";

/** Runs `work` with a folder on a tmpfs of `mebibytes`, which `resize` makes larger. */
export async function withSmallDisk(
  mebibytes: number,
  work: (dir: string, resize: (mebibytes: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "binlogd-full-" });
  try {
    await mount("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", dir);
    try {
      await work(dir, (size) => mount("mount", "-o", `remount,size=${size}m`, dir));
    } finally {
      await mount("umount", dir);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
