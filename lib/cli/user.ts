import { jsonText } from "../binlog/values/json_text.ts";
import { printable } from "../binlog/values/printable.ts";
import { UsageError } from "../errors.ts";
import {
  ACCOUNT_PLUGINS,
  type AccountPlugin,
  type Privilege,
  PRIVILEGES,
} from "../server/account.ts";
import { hashPassword } from "../server/password_hash.ts";
import { readUsersFile, writeUsersFile } from "../server/users_file.ts";
import type { Command, CommandContext, OptionValues } from "./command.ts";
import { readNewPassword } from "./read_new_password.ts";
import { unexpectedArgument } from "./unexpected_argument.ts";

/** `binlogd user`: accounts for `serve` and `run`. */
export const user: Command = {
  name: "user",
  summary: "write the accounts that may connect to serve and run",
  usage: [
    "user add NAME[@HOST] --users FILE [--host HOST] [--may LIST] [--plugin PLUGIN]",
    "user remove NAME[@HOST] --users FILE [--host HOST]",
    "user list --users FILE",
  ],
  description: `
Adds an account to the users file, or gives an account that is there another password. The file keeps
hashes of passwords only; a new one is readable by its owner only. A server that is running sees the
change within a second.

The password comes from --password-file, the environment variable BINLOGD_USER_PASSWORD, or is asked
for on the terminal.`,
  options: {
    users: { type: "string", value: "FILE", help: "The users file; made if need be." },
    "password-file": {
      type: "string",
      value: "FILE",
      help: "File whose first line is the password; - is standard input.",
      commandLineOnly: true,
    },
    host: {
      type: "string",
      value: "HOST",
      help:
        "Address the account may come from, with % and _ as in MySQL, or localhost; % by default. " +
        "The same as NAME@HOST.",
      commandLineOnly: true,
    },
    may: {
      type: "string",
      value: PRIVILEGES.join(","),
      help:
        "What the account may do: read binlogs (replicate, the default), see what there is and " +
        "who reads it (monitor), purge files and end connections (admin).",
    },
    plugin: {
      type: "string",
      value: ACCOUNT_PLUGINS.join("|"),
      help: "How it logs in; caching_sha2_password by default. MariaDB replicas need " +
        "mysql_native_password or ed25519.",
    },
  },
  examples: [
    {
      command: "binlogd user add repl --users users.toml",
      what: "Asks for a password; repl may then replicate from anywhere.",
    },
    {
      command: "binlogd user add watch --users users.toml --may monitor --host 10.0.0.% " +
        "--password-file watch.txt",
      what: "An account for monitoring, from one network.",
    },
  ],
  run: runUser,
};

async function runUser(context: CommandContext): Promise<number> {
  const { positionals, options } = context;
  const [action, name, ...rest] = positionals;
  const path = options.users as string | undefined;
  if (path === undefined) throw new UsageError("--users is missing: the file of accounts");
  if (rest.length > 0) throw unexpectedArgument(rest[0]!);
  if (action === "list" && name === undefined) return await listUsers(path, context);
  if ((action !== "add" && action !== "remove") || name === undefined) {
    throw new UsageError("Say what to do", {
      expected: "user add NAME, user remove NAME, user list",
    });
  }
  const wanted = readAccountName(name, options);
  return action === "add"
    ? await addUser(path, wanted, context)
    : await removeUser(path, wanted, context);
}

/** Who an account is for, and from where. */
interface AccountName {
  name: string;
  host: string;
}

/** Reads NAME or NAME@HOST, as list prints it. Throws UsageError. */
function readAccountName(text: string, options: OptionValues): AccountName {
  const at = text.lastIndexOf("@");
  const name = at < 0 ? text : text.slice(0, at);
  const option = options.host as string | undefined;
  if (name === "" || name.length > 80) {
    throw new UsageError(`Cannot use the name ${jsonText(name)}`);
  }
  if (at < 0) return { name, host: option ?? "%" };
  const host = text.slice(at + 1);
  if (host === "") throw new UsageError(`${text} names no host`, { expected: "NAME or NAME@HOST" });
  if (option !== undefined) {
    throw new UsageError("Only one host is possible", { found: `${text} and --host=${option}` });
  }
  return { name, host };
}

async function listUsers(path: string, { stdout }: CommandContext): Promise<number> {
  for (const account of await readUsersFile(path)) {
    const { name, host, plugin, may } = account;
    stdout(`${printable(`${name}@${host}`)}  ${plugin}  ${may.join(",")}\n`);
  }
  return 0;
}

async function addUser(
  path: string,
  { name, host }: AccountName,
  context: CommandContext,
): Promise<number> {
  const { options, log } = context;
  const may = readMay(options);
  const plugin = readPlugin(options);
  const there = await Deno.stat(path).then(() => true, () => false);
  const accounts = there ? await readUsersFile(path) : [];
  const password = await readNewPassword(name, options);
  const account = {
    name,
    host,
    may,
    plugin,
    passwordHash: await hashPassword(plugin, password),
  };
  const others = accounts.filter((entry) => entry.name !== name || entry.host !== host);
  await writeUsersFile(path, [...others, account]);
  log.info(others.length < accounts.length ? "account changed" : "account added", {
    account: `${name}@${host}`,
    may: may.join(","),
    plugin,
    file: path,
  });
  return 0;
}

async function removeUser(
  path: string,
  { name, host }: AccountName,
  context: CommandContext,
): Promise<number> {
  const accounts = await readUsersFile(path);
  const left = accounts.filter((entry) => entry.name !== name || entry.host !== host);
  if (left.length === accounts.length) {
    const alike = accounts.filter((entry) => entry.name === name);
    throw new UsageError(`There is no account ${name}@${host} in ${path}`, {
      ...(alike.length === 0 ? { hint: `binlogd user list --users ${path}` } : {
        expected: alike.map((entry) => `${name}@${entry.host}`).join(", "),
        hint: `binlogd user remove '${name}@${alike[0]!.host}' --users ${path}`,
      }),
    });
  }
  await writeUsersFile(path, left);
  context.log.info("account removed", { account: `${name}@${host}`, file: path });
  return 0;
}

function readMay(options: OptionValues): Privilege[] {
  const text = (options.may as string | undefined) ?? "replicate";
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  const wrong = words.find((word) => !PRIVILEGES.includes(word as Privilege));
  if (wrong !== undefined || words.length === 0) {
    throw new UsageError(`Cannot read --may=${text}`, { expected: PRIVILEGES.join(", ") });
  }
  return [...new Set(words)] as Privilege[];
}

function readPlugin(options: OptionValues): AccountPlugin {
  const text = (options.plugin as string | undefined) ?? "caching_sha2_password";
  const plugin = text === "client_ed25519" ? "ed25519" : text;
  if (ACCOUNT_PLUGINS.includes(plugin as AccountPlugin)) return plugin as AccountPlugin;
  throw new UsageError(`Cannot read --plugin=${text}`, { expected: ACCOUNT_PLUGINS.join(", ") });
}
