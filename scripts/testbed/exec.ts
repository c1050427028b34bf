/** What a command left behind. */
export interface ExecResult {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

/** How to run a command. */
export interface ExecOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Given to the command's standard input, which is empty otherwise. */
  stdin?: string | Uint8Array;
  /** Throw unless the exit status is 0. True when absent. */
  check?: boolean;
  signal?: AbortSignal;
}

/** Runs a command to its end. Throws Error with the tail of its stderr where `check` says so. */
export async function exec(
  command: string,
  args: string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { stdin, check = true, ...rest } = options;
  const child = new Deno.Command(command, {
    args,
    ...rest,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = stdin === undefined ? undefined : feed(child.stdin, stdin);
  const output = await child.output();
  await fed;
  const result = {
    code: output.code,
    stdout: output.stdout,
    stderr: new TextDecoder().decode(output.stderr),
  };
  if (check && result.code !== 0) {
    const words = [command, ...args].join(" ").slice(0, 300);
    const said = (result.stderr + new TextDecoder().decode(result.stdout)).trim().slice(-2000);
    throw new Error(`${words}: exit status ${result.code}: ${said}`);
  }
  return result;
}

/** Runs a command to its end and returns its standard output as text. */
export async function execText(
  command: string,
  args: string[],
  options: ExecOptions = {},
): Promise<string> {
  return new TextDecoder().decode((await exec(command, args, options)).stdout);
}

async function feed(stdin: WritableStream<Uint8Array>, data: string | Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
    await writer.close();
  } catch {
    // The command ended without reading all: its exit status tells.
    await writer.abort().catch(() => {});
  }
}
