const SHAPE = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Text of a UUID in its usual form, lower case; undefined where `text` is none. */
export function normaliseUuid(text: string): string | undefined {
  if (!SHAPE.test(text)) return undefined;
  const hex = text.replaceAll("-", "").toLowerCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Text of 16 bytes. */
export function formatUuid(bytes: Uint8Array): string {
  let hex = "";
  for (let i = 0; i < 16; i++) hex += bytes[i]!.toString(16).padStart(2, "0");
  return normaliseUuid(hex)!;
}

/** The 16 bytes of a UUID's text. */
export function uuidBytes(text: string): Uint8Array<ArrayBuffer> {
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
