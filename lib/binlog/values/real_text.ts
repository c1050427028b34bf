/** Powers of ten between which servers write no exponent (mysys/dtoa.c, my_gcvt). */
const SMALLEST = -15;
const LARGEST = 14;

/**
 * A floating-point number in the shortest form that reads back as the same, with exponents where
 * servers write them: -0, 100000000000000, 1e15, 0.0000001, 1e-16.
 */
export function realText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-6 && size < 1e15) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (!Number.isFinite(value)) return String(value);
  const [digits, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent < SMALLEST || exponent > LARGEST) return `${digits}e${exponent}`;
  const sign = value < 0 ? "-" : "";
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits.replace(/[-.]/g, "")}`;
}
