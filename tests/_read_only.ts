/** Makes the file system that is mounted at `dir` read-only, as the kernel does after an I/O error. */
export function makeReadOnly(dir: string): void {
  const done = new Deno.Command("mount", { args: ["-o", "remount,ro", dir] }).outputSync();
  if (!done.success) throw new Error("this can't be mounted read-only here, which this test needs");
}
