function two(value: number): string {
  return String(value).padStart(2, "0");
}

/**
 * A time in microseconds since 1970 as `2026-11-23 02:12:48`, with as many digits of a second as there
 * are; local, or in UTC with a Z behind it.
 */
export function formatTime(micros: number, utc = false): string {
  const date = new Date(Math.floor(micros / 1000));
  const fraction = micros % 1e6;
  const part = fraction === 0 ? "" : `.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
  if (utc) return date.toISOString().slice(0, 19).replace("T", " ") + part + "Z";
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}${part}`;
}
