import { UsageError } from "../errors.ts";

/** No password is that long; somebody sends something else. */
const LENGTH_MAX = 64 * 1024;

/** Names of standard input; those that are files are none that an executable may open. */
export const STANDARD_INPUT: readonly string[] = [
  "-",
  "/dev/stdin",
  "/dev/fd/0",
  "/proc/self/fd/0",
];

/**
 * The first line of standard input, or of `source`.
 * @throws {UsageError} where no line ends for too long.
 */
export async function readPasswordInput(
  source: { read(buffer: Uint8Array): Promise<number | null> } = Deno.stdin,
): Promise<string> {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  // Byte by byte: what follows the line is for whoever reads next.
  while (await source.read(byte) && byte[0] !== 0x0a) {
    if (bytes.length === LENGTH_MAX) {
      throw new UsageError("no line of standard input is a password");
    }
    bytes.push(byte[0]!);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\r$/, "");
}
