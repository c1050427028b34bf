import type { Command } from "./command.ts";
import { dump } from "./dump.ts";
import { events } from "./events.ts";
import { find } from "./find.ts";
import { list } from "./list.ts";
import { proxy } from "./proxy.ts";
import { purge } from "./purge.ts";
import { run } from "./run.ts";
import { serve } from "./serve.ts";
import { user } from "./user.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";

/** All commands, in the order of the help text. */
export const COMMANDS: readonly Command[] = [
  dump,
  serve,
  run,
  user,
  events,
  verify,
  list,
  find,
  purge,
  proxy,
  version,
];
