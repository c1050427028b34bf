/** A floating-point number in the shortest form that reads back as the same, as servers write it: -0, 1e20. */
export function realText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
}
