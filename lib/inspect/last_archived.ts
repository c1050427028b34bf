import { StoreError } from "../errors.ts";
import { CLOSE_HOOK_FILE } from "../store/close_hook.ts";

/** File for which --on-close ran last in a store; undefined where it never did. */
export async function lastArchived(dir: string): Promise<string | undefined> {
  try {
    const { last } = JSON.parse(await Deno.readTextFile(`${dir}/${CLOSE_HOOK_FILE}`));
    return typeof last === "string" ? last : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new StoreError(`Cannot read ${dir}/${CLOSE_HOOK_FILE}`, {
      file: CLOSE_HOOK_FILE,
      cause: error,
      hint: "--ignore-on-close purges without asking it",
    });
  }
}
