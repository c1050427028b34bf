import { BinlogdError } from "../errors.ts";
import { clearCapabilities } from "../proxy/clear_capabilities.ts";
import { nowUs } from "../proxy/clock.ts";
import { type Endpoint, formatEndpoint } from "../proxy/endpoint.ts";
import { parseFault } from "../proxy/fault_plan.ts";
import { Relay, type RelayOptions } from "../proxy/relay.ts";
import { Watch } from "../proxy/watch.ts";
import { CAPABILITY } from "../protocol/capabilities.ts";
import type { CommandContext } from "./command.ts";
import { openRecorder, readPrinter, untilAborted } from "./proxy_output.ts";

function addressText(address: Deno.Addr): string {
  if ("hostname" in address) return formatEndpoint(address);
  return "path" in address && address.path ? address.path : "a Unix socket";
}

/** Forwards connections until the signal, showing and recording them as the options say. */
export async function forward(
  context: CommandContext,
  listen: Endpoint,
  target: Endpoint,
): Promise<number> {
  const { options, log, signal } = context;
  const sink = readPrinter(context);
  let failure: unknown;
  const recorder = openRecorder(context, (error) => {
    failure = error;
    const reason = error instanceof Error ? error.message : String(error);
    log.error("recording has stopped, connections go on", { reason });
  });
  const watch = new Watch({
    ...(sink ? { sink } : {}),
    ...(recorder ? { recorder } : {}),
    rowsShown: options.rows as number | undefined,
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  if (options["strip-tls"] === true) {
    log.warning("TLS IS TAKEN OUT of the server's offer: passwords and data go unencrypted");
  }
  try {
    const relay = Relay.listen({
      target,
      faults: ((options.fault as string[] | undefined) ?? []).map(parseFault),
      seed: (options.seed as number | undefined) ?? 1,
      onAcceptFailed: (reason) => log.warning("clients can't be accepted", { reason }),
      onRefused: (connection, client, reason) => {
        log.warning("the server can't be reached", { client: addressText(client), reason });
        const text = `connection from ${addressText(client)}: the server can't be reached: `;
        watch.notice(connection, nowUs(), text + reason, "error");
      },
      ...watching(watch, sink !== undefined || recorder !== undefined, reject),
      ...(options["strip-tls"] === true
        ? { rewriteGreeting: (packet) => clearCapabilities(packet, CAPABILITY.CLIENT_SSL) }
        : {}),
    }, listen);
    const where = "socket" in listen ? listen : { hostname: listen.hostname, port: relay.port };
    log.info("listening", { listen: formatEndpoint(where), to: formatEndpoint(target) });
    try {
      await Promise.race([failed, untilAborted(signal)]);
    } finally {
      relay.stop();
      if ("socket" in listen) await Deno.remove(listen.socket).catch(() => {});
    }
  } finally {
    recorder?.end();
  }
  return failure instanceof BinlogdError ? failure.exitCode : 0;
}

/** The relay's hooks; none where nothing watches, so that bytes go straight through. */
function watching(
  watch: Watch,
  active: boolean,
  fail: (error: unknown) => void,
): Partial<RelayOptions> {
  if (!active) return {};
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  };
  return {
    onOpen: (connection, client, server) =>
      guard(() => watch.open(connection, addressText(client), addressText(server), nowUs())),
    onBytes: (connection, direction, bytes) =>
      guard(() => watch.bytes(connection, direction, bytes, nowUs())),
    onClose: (connection, by, reason) => guard(() => watch.close(connection, by, nowUs(), reason)),
  };
}
