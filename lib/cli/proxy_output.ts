import type { PacketSink } from "../proxy/packet_view.ts";
import { JsonPrinter } from "../proxy/json_printer.ts";
import { OnlyFilter, parseOnly } from "../proxy/only_filter.ts";
import { PcapngWriter } from "../proxy/pcapng_writer.ts";
import { GuardedRecorder } from "../proxy/guarded_recorder.ts";
import { Recorder } from "../proxy/recorder.ts";
import { TextPrinter } from "../proxy/text_printer.ts";
import type { CommandContext } from "./command.ts";

/** Who is shown the packets, as the options say; undefined with --no-print. */
export function readPrinter(
  context: CommandContext,
): (PacketSink & { flush(): void }) | undefined {
  const { options, stdout } = context;
  const only = options.only === undefined ? undefined : parseOnly(options.only as string);
  if (options["no-print"] === true) return undefined;
  const settings = { write: stdout, hex: options.hex === true };
  const printer = options.json === true ? new JsonPrinter(settings) : new TextPrinter(settings);
  if (only === undefined) return printer;
  const filter = new OnlyFilter(printer, only);
  return {
    packet: (view) => filter.packet(view),
    notice: (notice) => filter.notice(notice),
    flush: () => printer.flush(),
  };
}

/** The capture that --record names, if any. `onFailure`: it can't be written any more. */
export function openRecorder(
  context: CommandContext,
  onFailure: (error: unknown) => void,
): GuardedRecorder | undefined {
  const name = context.options.record as string | undefined;
  if (name === undefined) return undefined;
  const path = name.endsWith(".pcapng") ? name : `${name}.pcapng`;
  const recorder = new Recorder(new PcapngWriter(path, "binlogd proxy"));
  context.log.info("recording", { file: path });
  return new GuardedRecorder(recorder, onFailure);
}

/** Until the first signal. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
