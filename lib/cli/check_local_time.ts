import { UsageError } from "../errors.ts";

/** A zone of one offset in TZ, such as CET-1, UTC0 or <+0530>-5:30; west is positive. */
const FIXED = /^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?)(\d{1,2})(?::(\d\d))?$/;
/** Days on which, in most zones that have summer time, it holds and does not. */
const DAYS = [new Date(2026, 0, 1), new Date(2026, 6, 1)];

const CLOCK = { dateStyle: "short", timeStyle: "short" } as const;

/** Whether this process' local time is that of a zone as TZ names it. */
function isLocalTimeOf(zone: string): boolean {
  const fixed = FIXED.exec(zone);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0);
    const offset = fixed[1] === "-" ? -minutes : minutes;
    return DAYS.every((day) => day.getTimezoneOffset() === offset);
  }
  try {
    const there = new Intl.DateTimeFormat("en", { ...CLOCK, timeZone: zone });
    const here = new Intl.DateTimeFormat("en", CLOCK);
    return DAYS.every((day) => there.format(day) === here.format(day));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The name of a zone that TZ gives by its file, as in TZ=:/etc/localtime; what it says otherwise. */
function nameOf(zone: string): string {
  let path = zone;
  try {
    if (zone.startsWith("/")) path = Deno.realPathSync(zone);
  } catch {
    // No such file, no such zone.
  }
  return path.replace(/^.*\/zoneinfo\//, "").replace(/^(posix|right)\//, "");
}

/**
 * Makes sure that local time is what TZ says: the runtime knows zones by name, and takes what it does
 * not know for UTC or leaves out its summer time.
 * @throws {UsageError} where it is not.
 */
export function checkLocalTime(): void {
  const setting = Deno.env.get("TZ") ?? "";
  const zone = nameOf(setting.replace(/^:/, ""));
  // Without a name it is the system's zone, or UTC.
  if (zone === "" || isLocalTimeOf(zone)) return;
  throw new UsageError(
    `Cannot tell local time: TZ=${setting} is not the name of a zone known here`,
    {
      hint:
        "give the time with Z or an offset such as +01:00, or set TZ to a name such as Europe/Berlin",
    },
  );
}
