import { BUILD_INFO } from "./build_info.ts";
import type { Command } from "./command.ts";

/** `binlogd version`. */
export const version: Command = {
  name: "version",
  summary: "print version, commit and runtime",
  usage: ["version"],
  description: "Prints the version of binlogd, the commit it was built from and its runtime.",
  options: {},
  examples: [{ command: "binlogd version", what: "Says what to name in a report." }],
  run(context) {
    const { version, commit } = BUILD_INFO;
    const runtime = `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`;
    context.stdout(`binlogd ${version} (${commit}), ${runtime}, ${Deno.build.target}\n`);
    return Promise.resolve(0);
  },
};
