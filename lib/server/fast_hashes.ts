import { cachingSha2Hash } from "../protocol/verify_caching_sha2.ts";
import type { Account } from "./account.ts";

/**
 * The cache of caching_sha2_password: SHA256(SHA256(password)) of accounts that have logged in with
 * their password since the server started. In memory only. An account whose hash in the users file
 * has changed is unknown again.
 */
export class FastHashes {
  readonly #hashes = new Map<string, Uint8Array>();

  #key(account: Account): string {
    return JSON.stringify([account.name, account.host, account.passwordHash]);
  }

  get(account: Account): Uint8Array | undefined {
    return this.#hashes.get(this.#key(account));
  }

  remember(account: Account, password: string): void {
    this.#hashes.set(this.#key(account), cachingSha2Hash(password));
  }
}
