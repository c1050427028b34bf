import type { OptionValues } from "./command.ts";

/** Whether an option's value is that of an option file, so that what the command line names wins. */
export function isFromFiles(options: OptionValues, name: string): boolean {
  return (options["from-files"] as string[] | undefined)?.includes(name) ?? false;
}
