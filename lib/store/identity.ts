import { StoreError } from "../errors.ts";
import { readStoreText } from "./read_store_text.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

/** Name of the identity file inside a store. */
export const IDENTITY_FILE = "binlogd.identity.json";

/** Which family of servers the files come from; it decides grammar, GTIDs and dump flags. */
export type Flavour = "mysql" | "mariadb";

/** What is remembered of the source the files were fetched from. */
export interface SourceIdentity {
  flavour: Flavour;
  /** As the server reports it in SELECT VERSION(), for example 9.7.4 or 10.11.19-MariaDB-log. */
  version: string;
  /** `host:port`, `[v6]:port` or a socket path; never a password. */
  address: string;
  serverId: number;
  /** MySQL only: @@server_uuid. */
  serverUuid?: string;
}

/** A range the store does not have although the files go on after it. */
export interface StoreHole {
  /** Last file and position before the hole. */
  afterFile: string;
  afterPosition: number;
  /** First file after it. */
  nextFile: string;
  reason: string;
  /** ISO time at which the hole was accepted. */
  time: string;
}

/** Files of an earlier history of this store, moved to `era-N`. */
export interface StoreEra {
  number: number;
  folder: string;
  /**
   * Its files are not all in the folder yet, and what the identity says of source and holes is still
   * theirs: to be finished before anything else is done in the store.
   */
  begun?: boolean;
  /** Undefined where it was not known, as for files that have lost their identity. */
  source?: SourceIdentity;
  /** GTID set at the end of that era. */
  gtidSet: string;
  /** Holes within that history. */
  holes?: StoreHole[];
  reason: string;
  time: string;
}

/**
 * What makes a store the store it is, and can't be rebuilt from its binlogs. When it is lost, the
 * next dump takes a new server_id and UUID and can no longer tell a replaced source from the old
 * one by UUID (only by content).
 */
export interface StoreIdentity {
  format: 1;
  /** server_id under which this store registers at a source and answers replicas. */
  serverId: number;
  /** The one before, to go back to, as long as no source has taken `serverId`; see takeServerId. */
  serverIdBefore?: number;
  /** UUID under which it does so. */
  uuid: string;
  source?: SourceIdentity;
  holes: StoreHole[];
  eras: StoreEra[];
}

/** A fresh identity: random server_id in 2^31…2^32-1 and a random UUID. */
export function newIdentity(serverId?: number): StoreIdentity {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!;
  return {
    format: 1,
    serverId: serverId ?? ((random | 0x8000_0000) >>> 0),
    uuid: crypto.randomUUID(),
    holes: [],
    eras: [],
  };
}

/**
 * Gives an identity the server_id that was asked for, on trial until a source has taken it. Where
 * none is asked for, one that no source has taken gives way to the one before. Returns whether the
 * identity has changed.
 */
export function takeServerId(identity: StoreIdentity, asked: number | undefined): boolean {
  const proven = identity.serverIdBefore ?? identity.serverId;
  const serverId = asked ?? proven;
  if (serverId === identity.serverId) return false;
  identity.serverId = serverId;
  if (serverId === proven) delete identity.serverIdBefore;
  else identity.serverIdBefore = proven;
  return true;
}

const LOSS =
  "restore it from a backup; a store without it takes a new server_id and UUID, and can no " +
  "longer tell a replaced source from the old one by UUID, nor where its holes are";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isSource(source: SourceIdentity | undefined): boolean {
  if (source === undefined) return true;
  return (source?.flavour === "mysql" || source?.flavour === "mariadb") &&
    typeof source.version === "string" && typeof source.address === "string" &&
    typeof source.serverId === "number" &&
    (source.serverUuid === undefined || typeof source.serverUuid === "string");
}

function isServerId(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;
}

function isEra(era: StoreEra | null): boolean {
  const { number, folder, begun } = era ?? {};
  if (!Number.isSafeInteger(number) || typeof folder !== "string") return false;
  // Files are moved by what this says.
  return begun === undefined || (typeof begun === "boolean" && folder === `era-${number}`);
}

/** Whether a value is an identity as far as anything is done by it. */
function isIdentity(value: StoreIdentity | null): value is StoreIdentity {
  return typeof value === "object" && value?.format === 1 &&
    isServerId(value.serverId) &&
    (value.serverIdBefore === undefined || isServerId(value.serverIdBefore)) &&
    typeof value.uuid === "string" && UUID.test(value.uuid) && isSource(value.source) &&
    (value.holes === undefined || Array.isArray(value.holes)) &&
    (value.eras === undefined || (Array.isArray(value.eras) && value.eras.every(isEra)));
}

/**
 * Reads the identity of the store in `dir`; undefined where there is none.
 * @throws {StoreIoError} where the file can't be read.
 * @throws {StoreError} where it is not what we wrote.
 */
export async function readIdentity(dir: string): Promise<StoreIdentity | undefined> {
  const path = `${dir}/${IDENTITY_FILE}`;
  const text = await readStoreText(path);
  if (text === undefined) return undefined;
  let identity: StoreIdentity | null;
  try {
    identity = JSON.parse(text);
  } catch (cause) {
    throw new StoreError(`Cannot read ${path}: not JSON`, { file: path, cause, hint: LOSS });
  }
  if (!isIdentity(identity)) {
    throw new StoreError(`Cannot read ${path}: not an identity of format 1`, {
      file: path,
      hint: LOSS,
    });
  }
  identity.holes ??= [];
  identity.eras ??= [];
  return identity;
}

/** Writes the identity: tmp, sync, rename, sync directory. */
export async function writeIdentity(dir: string, identity: StoreIdentity): Promise<void> {
  await writeFileAtomic(`${dir}/${IDENTITY_FILE}`, JSON.stringify(identity, null, 2) + "\n");
}
