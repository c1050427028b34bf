import { jsonText } from "./binlog/values/json_text.ts";
import { printable } from "./binlog/values/printable.ts";
import { STANDARD_ERROR } from "./standard_error.ts";

/** Severity of a log line; "error" lines go out whatever the level. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** How log lines look: `text` for people, `json` with one object a line for machines. */
export type LogFormat = "text" | "json";

/** Values of a log line. Never put a password or an authentication response in one. */
export type LogValues = Record<string, string | number | bigint | boolean | null | undefined>;

/** Settings of {@link Logger}. */
export interface LoggerOptions {
  format?: LogFormat;
  level?: LogLevel;
  /** Receives each finished line without its newline; standard error by default. */
  write?: (line: string) => void;
  /** Clock, for tests. */
  now?: () => Date;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };

function writeStderr(line: string): void {
  STANDARD_ERROR.write(line + "\n");
}

function quote(value: string): string {
  return /^[^\s"=]+$/.test(value) && printable(value) === value ? value : jsonText(value);
}

/**
 * The only logger: constant messages, values as `key=value`, one line each, to standard error.
 * In text: `2026-11-23T02:12:48.123Z info connected source=db1:3306`.
 */
export class Logger {
  readonly #format: LogFormat;
  readonly #rank: number;
  readonly #write: (line: string) => void;
  readonly #now: () => Date;

  constructor(options: LoggerOptions = {}) {
    this.#format = options.format ?? "text";
    this.#rank = RANK[options.level ?? "info"];
    this.#write = options.write ?? writeStderr;
    this.#now = options.now ?? (() => new Date());
  }

  debug(message: string, values: LogValues = {}): void {
    this.#line("debug", message, values);
  }

  info(message: string, values: LogValues = {}): void {
    this.#line("info", message, values);
  }

  warning(message: string, values: LogValues = {}): void {
    this.#line("warning", message, values);
  }

  error(message: string, values: LogValues = {}): void {
    this.#line("error", message, values);
  }

  #line(level: LogLevel, message: string, values: LogValues): void {
    if (RANK[level] < this.#rank) return;
    const time = this.#now().toISOString();
    if (this.#format === "json") {
      const plain: Record<string, unknown> = { time, level, message };
      for (const [key, value] of Object.entries(values)) {
        if (value !== undefined) plain[key] = typeof value === "bigint" ? String(value) : value;
      }
      this.#write(jsonText(plain));
      return;
    }
    let line = `${time} ${level} ${message}`;
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) line += ` ${key}=${quote(String(value))}`;
    }
    this.#write(line);
  }
}
