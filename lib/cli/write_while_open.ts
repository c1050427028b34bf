import { ClosedOutput } from "./closed_output.ts";
import type { CommandContext } from "./command.ts";

/**
 * Writes to standard output as long as somebody reads it, and then nowhere: for a command whose exit
 * status is its answer, as in `binlogd verify FILE | head -1`.
 */
export function writeWhileOpen(stdout: CommandContext["stdout"]): CommandContext["stdout"] {
  let isOpen = true;
  return (bytes) => {
    if (!isOpen) return;
    try {
      stdout(bytes);
    } catch (error) {
      if (!(error instanceof ClosedOutput)) throw error;
      isOpen = false;
    }
  };
}
