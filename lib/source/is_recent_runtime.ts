/**
 * Whether the runtime is Deno 2.9 or later. There node:tls works over a stream of ours, and
 * connecting to a host name goes on to its next address while one is silent.
 */
export function isRecentRuntime(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}
