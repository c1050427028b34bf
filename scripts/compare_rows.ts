/** What is known of a table's columns, from `binlogd events --json`. */
export interface TableColumns {
  columns: { name?: string; type: string; charset?: string | null; members?: string[] }[];
}

/** What {@link compareRows} found. */
export interface RowComparison {
  values: number;
  notDecodedByTool: number;
  differences: string[];
}

const VALUE =
  /^### {3}(@\d+|`(?:[^`]|``)+`)=([\s\S]*?)(?: \/\* ([A-Z][^*]*?) meta=\d+ [^*]*\*\/)?$/;
const DIFFERENCES_MAX = 50;

/** Joins the lines that belong to one value, which the functions of a partial update spread. */
function joinLines(lines: string[]): string[] {
  const joined: string[] = [];
  for (const line of lines) {
    if (/^### {6}/.test(line)) joined[joined.length - 1] += line.slice(9);
    else joined.push(line);
  }
  return joined;
}

/** Bytes of a quoted string or x'…' in text whose characters are bytes. */
function unquote(text: string): string | undefined {
  const hex = /^x'([0-9a-f]*)'/.exec(text);
  if (hex) {
    return hex[1]!.replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16)));
  }
  if (!text.startsWith("'") || !text.endsWith("'") || text.length < 2) return undefined;
  return text.slice(1, -1).replace(/\\(x[0-9a-f]{2}|.)/gs, (whole, escaped: string) => {
    if (escaped[0] === "x" && escaped.length === 3) {
      return String.fromCharCode(parseInt(escaped.slice(1), 16));
    }
    const known: Record<string, string> = { n: "\n", t: "\t", r: "\r", "0": "\0" };
    return known[escaped] ?? (/[\\'"]/.test(escaped) ? escaped : whole);
  });
}

const LABELS: Record<string, string> = {
  latin1: "windows-1252",
  utf16: "utf-16be",
  sjis: "shift_jis",
};

/** Reads bytes in a character set; text that is UTF-8 in ours. */
function decode(bytes: string, charset: string | null | undefined): string {
  const array = Uint8Array.from(bytes, (c) => c.charCodeAt(0));
  return new TextDecoder(LABELS[charset ?? ""] ?? "utf-8", { ignoreBOM: true }).decode(array);
}

/** Reads text as the bytes of its UTF-8 form, one character each. */
function encode(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let result = "";
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

function sameString(own: string, tool: string, charset: string | null | undefined): boolean {
  if (own.startsWith("x'")) {
    // MariaDB's addresses are padded to their whole size; its server leaves zeros at the end out.
    const [ours, theirs] = [unquote(own), unquote(tool)];
    if (ours === undefined || theirs === undefined) return false;
    return ours === theirs || (/INET|UUID/.test(own) && ours === theirs.padEnd(ours.length, "\0"));
  }
  const ours = unquote(encode(own));
  const theirs = unquote(tool) ?? unquoteMariadb(tool);
  if (ours === undefined || theirs === undefined) return false;
  if (ours === theirs || ours === unquoteMariadb(tool)) return true;
  return decode(ours, "utf8mb4") === decode(theirs, charset) ||
    decode(ours, "utf8mb4") === decode(unquoteMariadb(tool) ?? "", charset);
}

/** MariaDB escapes control characters only. */
function unquoteMariadb(text: string): string | undefined {
  if (!text.startsWith("'") || !text.endsWith("'")) return undefined;
  return text.slice(1, -1).replace(
    /\\x([0-9a-f]{2})/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 16)),
  );
}

/** SET as mysqlbinlog prints it: bits of the bytes in the order in which they are stored. */
function setBits(tool: string): string {
  const bits = /^b'([01]+)'$/.exec(tool)?.[1] ?? "";
  return (bits.match(/.{8}/g) ?? []).reverse().join("");
}

function sameSet(own: string, tool: string, members: string[] | undefined): boolean {
  const bits = setBits(tool);
  if (own === `b'${bits}'`) return true;
  const names = [...bits].reverse().flatMap((bit, i) => bit === "1" ? [members?.[i] ?? "?"] : []);
  return unquote(own) === names.join(",");
}

function sameNumber(own: string, tool: string): boolean {
  if (own === tool) return true;
  const both = /^(-?\d+) \((\d+)\)$/.exec(tool);
  return both !== null && (own === both[1] || own === both[2]);
}

/** The six digits of a FLOAT that mysqlbinlog prints, which may be more than tell it from others. */
function floatDigits(value: number): number {
  return Number(Math.fround(value).toPrecision(6));
}

/** Whether a value is the same in both notations. */
function sameValue(own: string, tool: string, column: TableColumns["columns"][number]): boolean {
  if (own === tool) return true;
  const { type, charset, members } = column;
  if (/^(TINY|SMALL|MEDIUM|BIG)?INT/.test(type)) return sameNumber(own, tool);
  if (type === "FLOAT" || type === "DOUBLE") {
    const value = Number(own);
    // -0 is not 0.
    const shown = type === "FLOAT" && value !== 0 ? floatDigits(value) : value;
    return Object.is(shown, Number(tool));
  }
  if (type === "DATE") return own === tool.replaceAll(":", "-");
  if (type.startsWith("SET")) return sameSet(own, tool, members);
  if (type.startsWith("ENUM")) {
    return unquote(own) === (tool === "0" ? "" : members?.[Number(tool) - 1]);
  }
  if (type.startsWith("VECTOR")) {
    const [a, b] = [JSON.parse(own) as number[], JSON.parse(tool) as number[]];
    return a.length === b.length &&
      a.every((value, i) => floatDigits(value) === Number(b[i]!.toPrecision(6)));
  }
  if (type === "JSON") {
    return own.replaceAll(/\s+/g, "") === decode(tool, null).replaceAll(/\s+/g, "");
  }
  if (type.endsWith("COMPRESSED")) return /^'|^x'/.test(own) && tool.startsWith("'");
  if (type === "GEOMETRY") return own.startsWith("ST_GeomFromText(") && tool.startsWith("'");
  return sameString(own, tool, charset);
}

/** Compares the lines behind ### of both sides. */
export function compareRows(
  own: string[],
  tool: string[],
  tables: Map<string, TableColumns>,
): RowComparison {
  const result: RowComparison = { values: 0, notDecodedByTool: 0, differences: [] };
  const theirs = joinLines(tool);
  let table: TableColumns | undefined;
  let at = 0;
  const differ = (text: string): void => {
    if (result.differences.length < DIFFERENCES_MAX) result.differences.push(text);
  };
  for (let i = 0; i < own.length; i++) {
    const line = own[i]!;
    const other = theirs[at];
    const value = VALUE.exec(line);
    if (!value) {
      if (other === undefined || line !== decode(other, null)) {
        differ(`${line} | mysqlbinlog: ${other}`);
        return result;
      }
      at++;
      const name = /(?:INTO|UPDATE|FROM) `((?:[^`]|``)+)`\.`((?:[^`]|``)+)`$/.exec(line);
      if (name) {
        table = tables.get(name.slice(1).map((part) => part.replaceAll("``", "`")).join("."));
      }
      continue;
    }
    if (other !== undefined && /Don't know how to handle column type/.test(other)) {
      // The tool gives up on the event: on to where both begin the next one.
      result.notDecodedByTool++;
      at++;
      while (i + 1 < own.length && !startsLike(own, i + 1, theirs, at)) i++;
      continue;
    }
    at++;
    const their = other === undefined ? null : VALUE.exec(other);
    const [, label, text] = value;
    const index = label!.startsWith("@")
      ? Number(label!.slice(1)) - 1
      : table?.columns.findIndex(({ name }) => name === label!.slice(1, -1).replaceAll("``", "`"));
    const column = table?.columns[index ?? -1];
    if (!their || !column || their[1] !== `@${(index ?? -1) + 1}`) {
      differ(`${line} | mysqlbinlog: ${other}`);
      return result;
    }
    result.values++;
    const left = text!.replaceAll(label!, `@${index! + 1}`);
    const right = their[2]!.trimEnd();
    if (!sameValue(left, right, column)) differ(`${line.slice(0, 300)} | ${other!.slice(0, 300)}`);
  }
  if (at < theirs.length) differ(`nothing | mysqlbinlog: ${theirs[at]}`);
  return result;
}

/** Whether both sides begin the same event here: a statement line and the same one after it. */
function startsLike(own: string[], i: number, theirs: string[], at: number): boolean {
  if (at >= theirs.length) return false;
  return own[i] === theirs[at] && own[i + 1] === theirs[at + 1];
}
