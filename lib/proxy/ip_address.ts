/**
 * Bytes of an IP address, 4 or 16; an IPv6 address that stands for an IPv4 one gives that.
 * Undefined for text that is no address.
 */
export function parseIpAddress(text: string): Uint8Array<ArrayBuffer> | undefined {
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(text);
  if (v4) return Uint8Array.from(v4.slice(1), Number);
  const plain = text.replace(/%.*$/, "");
  if (!/^[0-9a-f:]+$/i.test(plain) || !plain.includes(":")) return undefined;
  const [head, tail, more] = plain.split("::") as [string, string?, string?];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = 8 - left.length - right.length;
  if (more !== undefined || gap < 0 || (tail === undefined && gap !== 0)) return undefined;
  const groups = [...left, ...new Array<string>(gap).fill("0"), ...right];
  const bytes = new Uint8Array(16);
  for (const [i, group] of groups.entries()) {
    const value = parseInt(group, 16);
    if (!(value <= 0xffff)) return undefined;
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  }
  return bytes;
}

/** Text of an address of 4 or 16 bytes. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8 | bytes[i + 1]!).toString(16));
  const text = groups.join(":");
  const zeros = text.match(/(?:^|:)0(?::0)+(?:$|:)/g)?.sort((a, b) => b.length - a.length)[0];
  return zeros === undefined ? text : text.replace(zeros, "::");
}
