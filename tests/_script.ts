/**
 * Writes an executable script by way of another process. A file that this one has had open for
 * writing can't be executed while a child process that another test has just forked still holds it.
 */
export async function writeScript(path: string, text: string): Promise<void> {
  const write = 'printf "%s" "$1" > "$2" && chmod 755 "$2"';
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", write, "sh", text, path],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
