/** Whether a program is there and answers `--version`. */
export async function hasProgram(name: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false; // thrown at once, or in the promise, by the runtime's version
  }
}
