import { assertEquals } from "@std/assert";
import { floatText } from "../../lib/inspect/row_number_columns.ts";

Deno.test("a FLOAT too small for six digits is shown with those that it has", () => {
  for (const shown of ["1e-45", "-1e-45", "3e-45", "7.1e-44", "1.1754942e-38", "1.1754944e-38"]) {
    assertEquals(floatText(Math.fround(Number(shown))), shown);
  }
});
