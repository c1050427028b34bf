import { assertThrows } from "@std/assert";
import { syncDirectory } from "../../lib/store/sync_directory.ts";
import { withFolder } from "../_pipeline.ts";

/** Runs `work` where a sync fails. */
function withSyncError(message: string, code: string, work: () => void): void {
  const { syncSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.syncSync = () => {
    throw Object.assign(new Error(message), { code });
  };
  try {
    work();
  } finally {
    Deno.FsFile.prototype.syncSync = syncSync;
  }
}

Deno.test("a file system that has no sync for folders is one to work in", () => {
  // The kernel's own has none: EINVAL.
  syncDirectory("/proc");
  withSyncError("Operation not supported (os error 95)", "ENOTSUP", () => syncDirectory("/tmp"));
});

Deno.test("any other failure of a folder's sync, or of opening it, stays one", async () => {
  for (const [message, code] of [["Input/output error", "EIO"], ["No space left", "ENOSPC"]]) {
    withSyncError(message!, code!, () => assertThrows(() => syncDirectory("/tmp"), Error, message));
  }
  await withFolder((dir) => {
    syncDirectory(dir);
    assertThrows(() => syncDirectory(`${dir}/gone`), Deno.errors.NotFound);
    return Promise.resolve();
  });
});
