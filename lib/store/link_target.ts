import { folderOf } from "./folder_of.ts";

/** As many as Linux follows. */
const LINKS_MAX = 40;

/** Where a symbolic link leads in the end, be there a file or not; any other path as it is. */
export async function linkTarget(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < LINKS_MAX; links++) {
    let to: string;
    try {
      to = await Deno.readLink(target);
    } catch {
      return target;
    }
    target = to.startsWith("/") ? to : `${folderOf(target)}/${to}`;
  }
  return path;
}
