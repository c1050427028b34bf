import { IDENTITY_FILE } from "./identity.ts";
import { LOCK_FILE } from "./store_lock.ts";
import { STATE_FILE } from "./store_state.ts";

/**
 * Files that make a folder a store: a dump writes them before it fetches anything. Others of our names
 * may lie in any folder, such as accounts or a lock beside a server's own files.
 */
export const STORE_MARKS: ReadonlySet<string> = new Set([IDENTITY_FILE, STATE_FILE, LOCK_FILE]);
