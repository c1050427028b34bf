import { assertEquals } from "@std/assert";
import { Logger } from "../../lib/log.ts";
import { OwnServerId } from "../../lib/source/own_server_id.ts";

Deno.test("a MariaDB source that answers nothing is asked under another server_id, and back", () => {
  const lines: string[] = [];
  const log = new Logger({ write: (line) => lines.push(line) });
  const id = new OwnServerId(7, log);
  id.unanswered("mysql");
  assertEquals([id.value, lines.length], [7, 0]);
  id.unanswered("mariadb");
  assertEquals([id.value, lines.length], [8, 1]);
  id.unanswered("mariadb");
  assertEquals(id.value, 7);
  const last = new OwnServerId(0xffff_ffff, log);
  last.unanswered("mariadb");
  assertEquals(last.value, 0xffff_fffe);
});
