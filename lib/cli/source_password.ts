import { UsageError } from "../errors.ts";
import type { CommandContext } from "./command.ts";
import { isFromFiles } from "./is_from_files.ts";
import { promptPassword } from "./prompt_password.ts";
import { readPasswordInput, STANDARD_INPUT } from "./read_password_input.ts";

/** What to say where a bare `password` in an option file asks for one, and nobody is there. */
const BARE_IN_FILE = {
  missing: "An option file has password without a value",
  hint: "use --password-file, or give it a value there",
};

async function readPasswordFile(path: string, context: CommandContext): Promise<string> {
  try {
    if (STANDARD_INPUT.includes(path)) return await readPasswordInput();
    const info = await Deno.stat(path);
    if (info.mode !== null && (info.mode & 0o077) !== 0) {
      context.log.warning("password file can be read by others", { file: path, hint: "chmod 600" });
    }
    const text = await Deno.readTextFile(path);
    return text.replace(/^\ufeff/, "").split(/\r?\n/)[0]!;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read --password-file ${path}: ${reason}`, { file: path, cause });
  }
}

/**
 * The password for the source: from the command line, its file, an option file, MYSQL_PWD, or asked
 * for; undefined where nobody can be asked. As in the mysql tools, MYSQL_PWD comes last.
 */
export async function readPassword(
  context: CommandContext,
  fromUrl: string | undefined,
  user: string,
): Promise<string | undefined> {
  const { options, log } = context;
  const given = options.password as string | undefined;
  const fromFile = options["password-from-file"] === true;
  if (fromUrl !== undefined || (given !== undefined && given !== "" && !fromFile)) {
    log.warning("a password on the command line is visible to others", {
      hint: "use --password-file, MYSQL_PWD or an option file",
    });
    return fromUrl ?? given;
  }
  const file = options["password-file"] as string | undefined;
  if (file !== undefined) {
    // What is typed there must not be shown.
    const isAsked = STANDARD_INPUT.includes(file) && Deno.stdin.isTerminal();
    return isAsked ? await promptPassword(user) : await readPasswordFile(file, context);
  }
  if (given === "" && !fromFile) {
    return await promptPassword(user, isFromFiles(options, "password") ? BARE_IN_FILE : {});
  }
  if (given !== undefined) return given;
  const environment = Deno.env.get("MYSQL_PWD");
  if (environment !== undefined) return environment;
  return Deno.stdin.isTerminal() && context.terminal ? await promptPassword(user) : undefined;
}
