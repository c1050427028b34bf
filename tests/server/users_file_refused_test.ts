import { assertRejects } from "@std/assert";
import { StoreIoError } from "../../lib/errors.ts";
import { Logger } from "../../lib/log.ts";
import { loadOrMakeTls } from "../../lib/server/tls_certificate.ts";
import { writeUsersFile } from "../../lib/server/users_file.ts";

Deno.test("a users file, and a certificate beside it, that can't be written are named", async () => {
  const users = "/nonexistent/u.toml";
  await assertRejects(() => writeUsersFile(users, []), StoreIoError, `Cannot write ${users}: No`);
  const log = new Logger({ write: () => {} });
  const make = () => loadOrMakeTls(users, log);
  await assertRejects(make, StoreIoError, "Cannot write /nonexistent/binlogd-tls-key.pem: No");
});
