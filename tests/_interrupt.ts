/** Ends what changes files at a given step, as a kill or an error of the disk does. */

/** How many steps there were, and what was thrown. */
interface Interrupted {
  steps: number;
  error: unknown;
}

type Method = (...args: unknown[]) => unknown;

/** Whatever changes a file or folder, or makes a change durable; a step each. */
function methods(): [Record<string, Method>, string][] {
  // By name, which the types of the runtime don't let one do.
  const runtime = Deno as unknown as Record<string, Method>;
  const file = Deno.FsFile.prototype as unknown as Record<string, Method>;
  const names = ["mkdir", "open", "openSync", "rename", "renameSync", "remove"];
  const ofFile = ["write", "writeSync", "sync", "syncSync"];
  return [
    ...names.map((name): [Record<string, Method>, string] => [runtime, name]),
    ...ofFile.map((name): [Record<string, Method>, string] => [file, name]),
  ];
}

/**
 * Runs `work` and lets its step `at` fail, counted from 1, with EIO; killed, all steps after it too,
 * so that nothing can be tidied up.
 */
export async function interrupt(
  at: number,
  killed: boolean,
  work: () => Promise<unknown>,
): Promise<Interrupted> {
  let steps = 0;
  const before = methods().map(([object, name]) => ({ object, name, method: object[name]! }));
  for (const { object, name, method } of before) {
    object[name] = function (this: unknown, ...args: unknown[]) {
      const opening = /^open/.test(name);
      if (opening && !(args[1] as Deno.OpenOptions | undefined)?.write) {
        return method.apply(this, args);
      }
      steps++;
      if (steps !== at && !(killed && steps > at)) return method.apply(this, args);
      const text = `Input/output error (os error 5): ${name} '${args[0]}'`;
      const error = Object.assign(new Error(text), { code: "EIO" });
      if (!/Sync$/.test(name)) return Promise.reject(error);
      throw error;
    };
  }
  try {
    await work();
    return { steps, error: undefined };
  } catch (error) {
    return { steps, error };
  } finally {
    for (const { object, name, method } of before) object[name] = method;
  }
}
