import { exec } from "../testbed/exec.ts";
import { mount } from "./mount.ts";

const SIZE = "192M";

/**
 * An ext4 file system on a loop device whose power can be cut: after {@link cutPower} nothing that
 * was not synced is there any more. Needs root, loop devices and xfs_io (package xfsprogs).
 */
export class LoopDisk {
  readonly folder: string;
  readonly #image: string;

  private constructor(base: string) {
    this.folder = `${base}/disk`;
    this.#image = `${base}/image`;
  }

  /** Why there can be none here; undefined where there can. */
  static async missing(): Promise<string | undefined> {
    for (const tool of ["xfs_io", "mkfs.ext4", "losetup"]) {
      const found = await exec("sh", ["-c", `command -v ${tool}`], { check: false });
      if (found.code !== 0) return `no ${tool} here`;
    }
    const base = await Deno.makeTempDir({ prefix: "binlogd-disk-" });
    try {
      const disk = await LoopDisk.create(base);
      await disk.unmount();
      return undefined;
    } catch {
      return "no loop device can be mounted here";
    } finally {
      await Deno.remove(base, { recursive: true });
    }
  }

  /** A new, empty, mounted disk in a folder. */
  static async create(base: string): Promise<LoopDisk> {
    const disk = new LoopDisk(base);
    await exec("truncate", ["--size", SIZE, disk.#image]);
    await exec("mkfs.ext4", ["-q", "-F", disk.#image]);
    await Deno.mkdir(disk.folder, { recursive: true });
    await disk.mount();
    return disk;
  }

  async mount(): Promise<void> {
    await mount("mount", "-o", "loop", this.#image, this.folder);
  }

  async unmount(): Promise<void> {
    await mount("umount", this.folder);
  }

  /** Nothing reaches the disk from now on, not even the journal. */
  async cutPower(): Promise<void> {
    await exec("xfs_io", ["-x", "-c", "shutdown", this.folder]);
  }
}
