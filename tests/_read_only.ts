import { mount } from "../scripts/crash/mount.ts";

/** Makes the file system that is mounted at `dir` read-only, as the kernel does after an I/O error. */
export async function makeReadOnly(dir: string): Promise<void> {
  await mount("mount", "-o", "remount,ro", dir);
}
