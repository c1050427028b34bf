/** Each byte of `a` XOR that of `b` at its place, which is as long or begins again. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(a, (byte, i) => byte ^ b[i % b.length]!);
}
