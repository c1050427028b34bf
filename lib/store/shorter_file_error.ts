import { LostBytesError } from "../errors.ts";

/** The error for a file of the store that ends at `end`, before what was durable once. */
export function shorterFileError(
  dir: string,
  file: string,
  end: number,
  durable: number,
): LostBytesError {
  return new LostBytesError(
    `${dir}/${file} ends at ${end}, but was durable up to ${durable}: bytes ${end} to ` +
      `${durable} are gone`,
    {
      file,
      end: durable,
      position: end,
      expected: String(durable),
      found: String(end),
      hint: "restore the file, or fetch those bytes from the source again with --refetch",
    },
  );
}
