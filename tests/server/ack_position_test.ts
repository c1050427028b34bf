import { assert } from "@std/assert";
import { comparePositions } from "../../lib/server/ack_position.ts";

Deno.test("places are ordered as the files are, purged ones before them", () => {
  const files = ["mysql-bin.000005", "mysql-bin.1000000", "binlog.000001", "binlog.000002"];
  const inOrder = [
    "mysql-bin.000003:4",
    "mysql-bin.000004:900",
    "mysql-bin.000005:4",
    "mysql-bin.000005:900",
    "mysql-bin.1000000:4",
    "binlog.000001:4",
    "binlog.000002:1000",
    "binlog.000003:4",
  ].map((text) => {
    const [file, position] = text.split(":");
    return { file: file!, position: Number(position) };
  });
  for (const [i, a] of inOrder.entries()) {
    for (const [j, b] of inOrder.entries()) {
      const order = Math.sign(comparePositions(a, b, files));
      assert(
        order === Math.sign(i - j),
        `${a.file}:${a.position} ${b.file}:${b.position} ${order}`,
      );
    }
  }
});

Deno.test("of purged files with different base names neither has what is asked for in the other", () => {
  const a = { file: "binlog.000001", position: 4 };
  const b = { file: "mysql-bin.000001", position: 4 };
  for (const [x, y] of [[a, b], [b, a]] as const) {
    assert(comparePositions(x, y, ["other.000007"]) < 0);
  }
});

Deno.test("a name that is no binlog file's is beyond all there is", () => {
  const end = { file: "binlog.000002", position: 1000 };
  assert(comparePositions({ file: "aaa", position: 4 }, end, ["binlog.000002"]) > 0);
});
