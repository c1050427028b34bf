const TEXT = new TextDecoder();

/** Runs a program to its end; returns what it printed. Throws with all it said where it fails. */
export async function runCommand(program: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(TEXT.decode(stderr) + TEXT.decode(stdout));
  return TEXT.decode(stdout);
}
