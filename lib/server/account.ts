/** What an account may do. */
export type Privilege = "replicate" | "monitor" | "admin";

/** All {@link Privilege}s. */
export const PRIVILEGES: readonly Privilege[] = ["replicate", "monitor", "admin"];

/** Authentication plugins that accounts can have, as servers name them. */
export type AccountPlugin = "caching_sha2_password" | "mysql_native_password" | "ed25519";

/** All {@link AccountPlugin}s. */
export const ACCOUNT_PLUGINS: readonly AccountPlugin[] = [
  "caching_sha2_password",
  "mysql_native_password",
  "ed25519",
];

/** Plugin name that the client has to use for an account's plugin. */
export function clientPlugin(plugin: AccountPlugin): string {
  return plugin === "ed25519" ? "client_ed25519" : plugin;
}

/** An account of the users file; passwords are kept as hashes only. */
export interface Account {
  name: string;
  /** Address, pattern with % and _, or `localhost`. */
  host: string;
  may: Privilege[];
  plugin: AccountPlugin;
  /** See password_hash.ts. */
  passwordHash: string;
}
