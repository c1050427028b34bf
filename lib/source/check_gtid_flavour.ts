import { UsageError } from "../errors.ts";
import { isMariadbGtidText } from "../pipeline/stop_at_gtid.ts";
import type { Flavour } from "../store/identity.ts";

/**
 * Checks that a GTID set of the command line is in the form of the source's flavour.
 * @throws {UsageError}
 */
export function checkGtidFlavour(option: string, text: string, flavour: Flavour): void {
  if (text.trim() === "" || isMariadbGtidText(text) === (flavour === "mariadb")) return;
  const [name, form] = flavour === "mariadb"
    ? ["MariaDB", "a position such as 0-1-100"]
    : ["MySQL", "a set such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-100"];
  throw new UsageError(`Cannot use --${option}=${text}: the source is a ${name} server`, {
    expected: form,
    found: text,
  });
}
