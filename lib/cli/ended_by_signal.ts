import { BinlogdError } from "../errors.ts";

/** Exit status of a process that a signal ended. */
const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal ended a command that has no answer without its end, such as verify. Exit 130 or 143. */
export class EndedBySignal extends BinlogdError {
  override name = "EndedBySignal";
  override readonly exitCode: number;

  constructor(signal: keyof typeof EXIT) {
    super(`ended by ${signal}`);
    this.exitCode = EXIT[signal];
  }
}
