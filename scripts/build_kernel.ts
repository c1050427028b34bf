/**
 * Assembles lib/pipeline/wasm/event_kernel.wat into event_kernel_bytes.ts beside it. With --check
 * it only says whether that file is up to date.
 */
import wabt from "wabt";

const FOLDER = new URL("../lib/pipeline/wasm/", import.meta.url).pathname;

/** The text of event_kernel_bytes.ts as it has to be. */
export async function kernelModule(): Promise<string> {
  const text = await Deno.readTextFile(`${FOLDER}event_kernel.wat`);
  const assembler = await wabt();
  const module = assembler.parseWat("event_kernel.wat", text);
  module.validate();
  const { buffer } = module.toBinary({});
  const base64 = btoa(String.fromCharCode(...buffer));
  const lines = base64.match(/.{1,88}/g)!.map((line) => `  "${line}",`);
  return `// Made by scripts/build_kernel.ts from event_kernel.wat; do not edit.
/** The assembled kernel, base64. */
export const EVENT_KERNEL_BASE64: string = [
${lines.join("\n")}
].join("");
`;
}

/** Where it is kept. */
export const KERNEL_MODULE_FILE = `${FOLDER}event_kernel_bytes.ts`;

if (import.meta.main) await Deno.writeTextFile(KERNEL_MODULE_FILE, await kernelModule());
