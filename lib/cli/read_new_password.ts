import { UsageError } from "../errors.ts";
import type { OptionValues } from "./command.ts";
import { promptPassword } from "./prompt_password.ts";
import { readPasswordInput, STANDARD_INPUT } from "./read_password_input.ts";

const NOBODY = { hint: "use --password-file or BINLOGD_USER_PASSWORD" };

/** The password that an account is to have: from --password-file, the environment, or asked for twice. */
export async function readNewPassword(name: string, options: OptionValues): Promise<string> {
  const file = options["password-file"] as string | undefined;
  const isAsked = file !== undefined && STANDARD_INPUT.includes(file) && Deno.stdin.isTerminal();
  let password: string | undefined;
  if (file !== undefined && !isAsked) password = await readFile(file);
  else if (!isAsked) password = Deno.env.get("BINLOGD_USER_PASSWORD");
  if (password === undefined) {
    password = await promptPassword(name, NOBODY);
    if (password !== await promptPassword(name, { ...NOBODY, prompt: "Once more: " })) {
      throw new UsageError("The two passwords differ");
    }
  }
  if (password === "") throw new UsageError("An empty password is no password");
  return password;
}

async function readFile(file: string): Promise<string> {
  try {
    if (STANDARD_INPUT.includes(file)) return await readPasswordInput();
    return (await Deno.readTextFile(file)).split(/\r?\n/)[0]!;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read --password-file ${file}: ${reason}`, { file, cause });
  }
}
