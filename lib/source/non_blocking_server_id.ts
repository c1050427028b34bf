import type { SourceIdentity } from "../store/identity.ts";

/**
 * The server_id to ask with for a dump that ends by itself: `own`, but 0 where MySQL is older than
 * 5.7. That one ignores BINLOG_DUMP_NON_BLOCK and ends the dump of server_id 0, as mysqlbinlog asks
 * for it (mysql_binlog_send in sql/rpl_master.cc of 5.6).
 */
export function nonBlockingServerId(
  { flavour, version }: Pick<SourceIdentity, "flavour" | "version">,
  own: number,
): number {
  const [major = 0, minor = 0] = version.split(".").map((part) => parseInt(part));
  return flavour === "mysql" && (major < 5 || (major === 5 && minor < 7)) ? 0 : own;
}
