import { UsageError } from "../errors.ts";
import { readOptionValue } from "./args.ts";
import type { Command, OptionSpec, OptionValues } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { withLogOptions } from "./log_options.ts";
import { nearest } from "./nearest.ts";
import { SOURCE_OPTIONS } from "./source_options.ts";

/** One `name=value` of an option file; value undefined for a bare name. */
interface Setting {
  group: string;
  name: string;
  value: string | undefined;
  file: string;
  line: number;
}

const GROUPS = ["client", "client-mariadb", "binlogd"];
/** Names in option files that other clients know; what they ask for is --ssl-mode here. */
const ELSEWHERE = new Set(["ssl-verify-server-cert"]);
const ESCAPES: Record<string, string> = { b: "\b", t: "\t", n: "\n", r: "\r", "\\": "\\", s: " " };
const INCLUDE_DEPTH_MAX = 10;

function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  return (quoted ? quoted[2]! : text).replace(/\\([btnr\\s"'])/g, (_, c) => ESCAPES[c] ?? c);
}

/** Cuts a comment that follows a value: # outside of quotes. */
function stripComment(text: string): string {
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if (c === "#") return text.slice(0, i);
  }
  return text;
}

/** The group that a line like `[client]` begins; its case says nothing, as with the mysql tools. */
function readGroup(line: string, file: string, number: number): string {
  const end = line.indexOf("]");
  if (end < 0) {
    throw new UsageError(`${file}:${number}: wrong group`, {
      file,
      expected: "[NAME]",
      found: line,
    });
  }
  return line.slice(1, end).trimEnd().toLowerCase();
}

/** Reads an option file as MySQL's programs do, with !include and !includedir. */
async function readOptionFile(path: string, warnings: string[], depth = 0): Promise<Setting[]> {
  if (depth > INCLUDE_DEPTH_MAX) throw new UsageError(`Too many includes at ${path}`);
  const info = await Deno.stat(path);
  if (info.mode !== null && info.isFile && (info.mode & 0o002) !== 0) {
    warnings.push(`option file ${path} can be written by everybody and is ignored`);
    return [];
  }
  const settings: Setting[] = [];
  let group: string | undefined;
  const lines = (await Deno.readTextFile(path)).split(/\r?\n/);
  for (const [index, text] of lines.entries()) {
    const line = text.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const include = /^!\s*(include|includedir)\s+(.+)$/.exec(line);
    if (include) {
      const target = include[2]!.trim();
      try {
        settings.push(...await readIncluded(include[1]!, target, warnings, depth));
      } catch (cause) {
        if (cause instanceof UsageError) throw cause;
        // As the mysql tools do it: a file may be missing, a folder may not.
        if (include[1] === "include" && cause instanceof Deno.errors.NotFound) continue;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new UsageError(`${path}:${index + 1}: cannot read ${target}: ${reason}`, {
          file: path,
          cause,
        });
      }
      continue;
    }
    if (line.startsWith("!")) continue;
    if (line.startsWith("[")) {
      group = readGroup(line, path, index + 1);
      continue;
    }
    if (group === undefined) {
      throw new UsageError(`${path}:${index + 1}: no group before it`, { file: path });
    }
    const [, name, value] = /^([^=]+?)\s*(?:=\s*(.*))?$/.exec(stripComment(line).trim()) ?? [];
    if (name === undefined) continue;
    const plain = name.replaceAll("_", "-").replace(/^--/, "");
    const read = value === undefined ? undefined : unquote(value.trim());
    settings.push({ group, name: plain, value: read, file: path, line: index + 1 });
  }
  return settings;
}

async function readIncluded(
  kind: string,
  target: string,
  warnings: string[],
  depth: number,
): Promise<Setting[]> {
  if (kind === "include") return await readOptionFile(target, warnings, depth + 1);
  const names: string[] = [];
  for await (const entry of Deno.readDir(target)) {
    if (/\.(cnf|ini)$/.test(entry.name)) names.push(entry.name);
  }
  const settings: Setting[] = [];
  for (const name of names.sort()) {
    settings.push(...await readOptionFile(`${target}/${name}`, warnings, depth + 1));
  }
  return settings;
}

/** Files to read, in order; later ones win. */
function optionFiles(options: OptionValues): { path: string; required: boolean }[] {
  if (options["no-defaults"]) return [];
  const only = options["defaults-file"] as string | undefined;
  if (only !== undefined) return [{ path: only, required: true }];
  const home = Deno.env.get("HOME");
  const usual = ["/etc/my.cnf", "/etc/mysql/my.cnf", ...(home ? [`${home}/.my.cnf`] : [])];
  const files = usual.map((path) => ({ path, required: false }));
  const extra = options["defaults-extra-file"] as string | undefined;
  if (extra !== undefined) files.push({ path: extra, required: true });
  return files;
}

/** Whether a value is one that the mysql tools take for none. */
function meansDefault({ name, value }: Setting): boolean {
  if (name === "host" || name === "socket" || name === "user") return value === "";
  if (name === "port" || name === "connect-timeout") return value === "" || Number(value) === 0;
  return false;
}

/**
 * Refuses what stands in a [binlogd] group and no command takes from there: most likely a slip. The
 * groups of all clients hold what is for other programs.
 */
async function refuseUnknown({ name, group, file, line }: Setting): Promise<void> {
  if (!group.startsWith("binlogd") || /^loose-/i.test(name)) return;
  const names = new Set<string>();
  let known = false;
  for (const entry of COMMANDS) {
    for (const [each, spec] of Object.entries(withLogOptions(await entry.load()).options)) {
      if (!spec.commandLineOnly) names.add(each);
      known ||= each === name;
    }
  }
  if (names.has(name)) return;
  if (known) {
    throw new UsageError(`${file}:${line}: ${name} is for the command line only`, { file });
  }
  const near = nearest(name, names);
  throw new UsageError(`${file}:${line}: no command has an option ${name}`, {
    file,
    hint: near
      ? `did you mean ${near}?`
      : `take it out, or write loose-${name} for versions that have it`,
  });
}

function readValue(spec: OptionSpec, name: string, text: string, setting: Setting): unknown {
  try {
    return readOptionValue(name, spec, text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    error.message = `${setting.file}:${setting.line}: ${error.message}`;
    throw error;
  }
}

/** What the option files say. */
interface Found {
  values: OptionValues;
  /** Names without `=value`. */
  bare: Set<string>;
  /** skip-ssl or the like was said last of the words for TLS that MariaDB's clients have. */
  tlsOff: boolean;
}

/** What says more of TLS than that it is off. */
const TLS_OPTIONS = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key"];

/** MariaDB's clients have no --ssl-mode; TLS is turned off there by skip-ssl, or ssl=0. */
function switchesTls({ name, value = "1" }: Setting): "on" | "off" | undefined {
  const [, off, word] = /^(?:loose-)?(skip-|disable-)?(ssl)$/i.exec(name) ?? [];
  if (word === undefined) return undefined;
  return /^(0|off|false)$/i.test(value) === (off === undefined) ? "off" : "on";
}

async function applySetting(command: Command, setting: Setting, found: Found): Promise<void> {
  const tls = switchesTls(setting);
  if (tls) {
    found.tlsOff = tls === "off";
    return;
  }
  // What is for all clients describes the source; `database` there is no filter of ours.
  const forAll = setting.group.startsWith("client");
  if (forAll && (!Object.hasOwn(SOURCE_OPTIONS, setting.name) || meansDefault(setting))) return;
  const loose = /^loose-/i.test(setting.name);
  const name = loose ? setting.name.slice("loose-".length) : setting.name;
  const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (!spec || spec.commandLineOnly) {
    // A [binlogd] group serves all commands, so what another command takes is fine here.
    if (!ELSEWHERE.has(name)) await refuseUnknown(setting);
    return;
  }
  const text = setting.value ?? (spec.type === "flag" ? "true" : spec.bare);
  if (text === undefined) {
    throw new UsageError(`${setting.file}:${setting.line}: ${name} needs a value`);
  }
  const value = readValue(spec, name, text, setting);
  const { values, bare } = found;
  values[name] = spec.multiple ? [...((values[name] as unknown[]) ?? []), value] : value;
  if (setting.value === undefined) bare.add(name);
  else bare.delete(name);
}

/**
 * Fills in what the command line left open from the option files: groups [client],
 * [client-mariadb] and [binlogd], with --defaults-group-suffix their suffixed forms too. Returns
 * warnings. Names that come from files are kept as from-files, since a URL on the command line wins
 * over them; a password is marked too, so that nobody is warned about `ps`. A bare `password` is
 * none: it is asked for, while `password=` is the empty one.
 */
export async function applyOptionFiles(command: Command, options: OptionValues): Promise<string[]> {
  const warnings: string[] = [];
  const suffix = options["defaults-group-suffix"] as string | undefined;
  const suffixed = suffix ? GROUPS.map((name) => name + suffix.toLowerCase()) : [];
  const groups = new Set([...GROUPS, ...suffixed]);
  const found: Found = { values: {}, bare: new Set(), tlsOff: false };
  let wrong: unknown;
  for (const { path, required } of optionFiles(options)) {
    let settings: Setting[];
    try {
      settings = await readOptionFile(path, warnings);
    } catch (cause) {
      if (cause instanceof UsageError) throw cause;
      if (!required && cause instanceof Deno.errors.NotFound) continue;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (!required) {
        warnings.push(`option file ${path} can't be read and is ignored: ${reason}`);
        continue;
      }
      throw new UsageError(`Cannot read option file ${path}: ${reason}`, { file: path, cause });
    }
    for (const setting of settings) {
      if (!groups.has(setting.group)) continue;
      await applySetting(command, setting, found).catch((error) => wrong ??= error);
    }
  }
  const fromFiles: string[] = [];
  const { values } = found;
  // Where a certificate is to be looked at, a line for all clients does not keep it from that.
  const saysMore = TLS_OPTIONS.some((name) => (options[name] ?? values[name]) !== undefined);
  if (found.tlsOff && !saysMore && command.options["ssl-mode"]) values["ssl-mode"] = "DISABLED";
  for (const [name, value] of Object.entries(values)) {
    if (options[name] !== undefined) continue;
    options[name] = value;
    if (name === "password") options["password-from-file"] = !found.bare.has(name);
    fromFiles.push(name);
  }
  options["from-files"] = fromFiles;
  // Not before: the files may say, on another line, how errors are to look.
  if (wrong !== undefined) throw wrong;
  return warnings;
}
