import type { RealServer } from "../testbed/server.ts";
import { binlogdCommand } from "./binlogd_command.ts";

/** A `binlogd serve` or `binlogd run` that takes the account repl with the password secret. */
export class Served {
  readonly #child: Deno.ChildProcess;
  #log = "";

  private constructor(args: string[]) {
    const [command, ...rest] = binlogdCommand(args);
    this.#child = new Deno.Command(command!, {
      args: rest,
      env: { MYSQL_PWD: "secret" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#collect();
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) this.#log += decoder.decode(chunk);
  }

  /** Starts `binlogd COMMAND …`, with accounts in `folder`, and waits until it serves. */
  static async start(
    flavour: RealServer["flavour"],
    folder: string,
    args: string[],
  ): Promise<Served> {
    const users = `${folder}/users.toml`;
    await Deno.writeTextFile(`${folder}/password`, "secret\n", { mode: 0o600 });
    const [command, ...rest] = binlogdCommand([
      "user",
      "add",
      "repl",
      `--users=${users}`,
      `--password-file=${folder}/password`,
      // What MariaDB's tools know, and the default of MySQL.
      `--plugin=${flavour === "mariadb" ? "mysql_native_password" : "caching_sha2_password"}`,
    ]);
    const added = await new Deno.Command(command!, { args: rest }).output();
    if (!added.success) throw new Error(new TextDecoder().decode(added.stderr));
    const served = new Served([...args, `--users=${users}`, "--listen=127.0.0.1:0"]);
    for (let i = 0; i < 600 && served.port === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (served.port === 0) throw new Error(`binlogd does not serve: ${served.#log}`);
    return served;
  }

  get port(): number {
    return Number(/serving .*listen=127\.0\.0\.1:(\d+)/.exec(this.#log)?.[1] ?? 0);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}
