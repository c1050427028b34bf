/** Whether the operating system refused something for want of room: the disk, or a quota, is full. */
export function isDiskFull(error: unknown): boolean {
  // The runtime has a code for the one, and for the other only the message.
  return error instanceof Error && /no space left|quota exceeded/i.test(error.message);
}
