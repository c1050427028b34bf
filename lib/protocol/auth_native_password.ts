import { xor } from "../bytes/xor.ts";
import { digest } from "./digest.ts";

const UTF8 = new TextEncoder();

/**
 * Answer of mysql_native_password: SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))), 20
 * bytes; nothing for an empty password.
 */
export async function nativePasswordResponse(
  password: string,
  scramble: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (password === "") return new Uint8Array(0);
  const once = await digest("SHA-1", UTF8.encode(password));
  const twice = await digest("SHA-1", once);
  return xor(once, await digest("SHA-1", scramble.subarray(0, 20), twice));
}
