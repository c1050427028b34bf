import { FileBuilder } from "../_events.ts";

/** When a file was begun, and the file that its ROTATE_EVENT names. */
export interface FileMaking {
  time: number;
  next?: string;
  checksum?: boolean;
}

/** Writes a small file that was begun at a time. */
export async function writeAged(dir: string, name: string, making: FileMaking): Promise<void> {
  const file = new FileBuilder(name, making.checksum ?? true);
  file.timestamp = making.time;
  file.format();
  file.timestamp += 1000;
  file.query("DELETE FROM t");
  if (making.next) file.rotate(making.next);
  await Deno.writeFile(`${dir}/${name}`, file.bytes());
}
