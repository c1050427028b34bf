import { runProgram } from "./lib/cli/run_program.ts";

if (import.meta.main) Deno.exit(await runProgram(Deno.args));
