import { EventScanner } from "../../lib/binlog/event_scanner.ts";
import type { FormatDescriptionEvent } from "../../lib/binlog/format_description_event.ts";
import { rareEvents } from "../../scripts/fuzz/seeds.ts";
import { memoryReader } from "../../scripts/fuzz/targets.ts";

/** An event of a sample file. */
export interface SampleEvent {
  file: string;
  position: number;
  type: number;
  /** Header, body and checksum. */
  event: Uint8Array<ArrayBuffer>;
  checksumSize: number;
  format: FormatDescriptionEvent;
}

const FOLDER = new URL("../../testdata/events/", import.meta.url);

/** The sample files by name, and one of events that no server at hand writes. */
export function sampleFiles(): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map([["rare", rareEvents()]]);
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  for (const name of names.filter((name) => name.endsWith(".binlog"))) {
    files.set(name, Deno.readFileSync(new URL(name, FOLDER)));
  }
  return files;
}

/** All events of all sample files. */
export function sampleEvents(): SampleEvent[] {
  const events: SampleEvent[] = [];
  for (const [file, bytes] of sampleFiles()) {
    const scanner = new EventScanner(memoryReader(bytes), { file, verifyChecksums: true });
    while (scanner.next()) {
      const { position, eventType: type, checksumSize, format } = scanner;
      const event = scanner.head.slice();
      events.push({ file, position, type, event, checksumSize, format: format! });
    }
  }
  return events;
}
