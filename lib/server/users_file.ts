import { parse, stringify } from "@std/toml";
import { UsageError } from "../errors.ts";
import { linkTarget } from "../store/link_target.ts";
import { storeStep } from "../store/store_step.ts";
import { writeSecret } from "./rsa_key.ts";
import { type Account, ACCOUNT_PLUGINS, type AccountPlugin, PRIVILEGES } from "./account.ts";
import type { Privilege } from "./account.ts";
import { isPasswordHash } from "./password_hash.ts";

/** A users file larger than this is none of ours. */
const FILE_MAX = 16 * 1024 * 1024;

function readAccount(path: string, entry: unknown, number: number): Account {
  const value = entry as Record<string, unknown>;
  const fail = (what: string): UsageError =>
    new UsageError(`Cannot read ${path}: account ${number} has ${what}`, {
      file: path,
      hint: "write accounts with: binlogd user add NAME --users FILE",
    });
  const { name, host, plugin, password_hash: hash } = value;
  if (typeof name !== "string" || name === "") throw fail("no name");
  const may = value.may ?? ["replicate"];
  if (!Array.isArray(may) || !may.every((word) => PRIVILEGES.includes(word))) {
    throw fail(`no list of ${PRIVILEGES.join(", ")} as "may"`);
  }
  if (!ACCOUNT_PLUGINS.includes(plugin as AccountPlugin)) {
    throw fail(`a plugin other than ${ACCOUNT_PLUGINS.join(", ")}`);
  }
  if (typeof hash !== "string" || !isPasswordHash(plugin as AccountPlugin, hash)) {
    throw fail("no password_hash that its plugin understands");
  }
  return {
    name,
    host: typeof host === "string" ? host : "%",
    may: may as Privilege[],
    plugin: plugin as AccountPlugin,
    passwordHash: hash,
  };
}

/**
 * Reads the accounts of a users file: TOML, one [[account]] table each with name, host, may, plugin
 * and password_hash.
 * @throws {UsageError} where it can't be read or understood.
 */
export async function readUsersFile(path: string): Promise<Account[]> {
  let text: string;
  try {
    if ((await Deno.stat(path)).size > FILE_MAX) throw new Error("it is too large");
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read users file ${path}: ${reason}`, {
      file: path,
      cause,
      hint: "make one with: binlogd user add NAME --users FILE",
    });
  }
  let tables: unknown;
  try {
    tables = parse(text).account ?? [];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read users file ${path}: ${reason}`, { file: path, cause });
  }
  if (!Array.isArray(tables)) {
    throw new UsageError(`Cannot read users file ${path}: no [[account]] tables`, { file: path });
  }
  return tables.map((entry, index) => readAccount(path, entry, index + 1));
}

/**
 * Writes a users file: a new one readable by its owner only; one that is there keeps owner, group and
 * mode, for the server that reads it may run under another account than who writes. Where the path is
 * a link, what it leads to is written.
 * @throws {StoreIoError}
 */
export async function writeUsersFile(path: string, accounts: readonly Account[]): Promise<void> {
  const account = accounts.map(({ passwordHash, ...rest }) => ({
    ...rest,
    password_hash: passwordHash,
  }));
  await storeStep("write", path, async () => {
    await writeSecret(await linkTarget(path), stringify({ account }));
  });
}
