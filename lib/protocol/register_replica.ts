import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { ProtocolError } from "../errors.ts";
import { COMMAND } from "./commands.ts";

/**
 * COM_REGISTER_SLAVE (sql/rpl_source.cc register_replica): 15, u32 server_id, u8+host, u8+user,
 * u8+password, u16 port, u32 rank (0), u32 source id (0). Host, user and password are what the
 * replica reports of itself, usually empty; it is listed in SHOW REPLICAS.
 */
export interface RegisterReplica {
  serverId: number;
  host: string;
  user: string;
  password: string;
  port: number;
}

const REPORT_MAX = 255;

function shortText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text).subarray(0, REPORT_MAX);
  writer.u8(bytes.length).bytes(bytes);
}

/** Writes the command. */
export function encodeRegisterReplica(register: RegisterReplica): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u8(COMMAND.COM_REGISTER_SLAVE).u32(register.serverId);
  shortText(writer, register.host);
  shortText(writer, register.user);
  shortText(writer, register.password);
  return writer.u16(register.port).u32(0).u32(0).done();
}

/** Reads the command; rank and source id may be missing. */
export function decodeRegisterReplica(payload: Uint8Array): RegisterReplica {
  const reader = new ByteReader(
    payload,
    1,
    (message, field) => new ProtocolError(message, { field }),
  );
  const serverId = reader.u32("server_id");
  const host = reader.text(reader.u8("host length"), "host");
  const user = reader.text(reader.u8("user length"), "user");
  const password = reader.text(reader.u8("password length"), "password");
  return { serverId, host, user, password, port: reader.u16("port") };
}
