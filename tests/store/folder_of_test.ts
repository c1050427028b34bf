import { assertEquals } from "@std/assert";
import { folderOf } from "../../lib/store/folder_of.ts";

Deno.test("the folder of a path is found with and without slashes", () => {
  const paths = ["f", "./f", "a/f", "/f", "/a/b/f", "a//f"];
  assertEquals(paths.map(folderOf), [".", ".", "a", "/", "/a/b", "a/"]);
});
