/** Command bytes that we send, answer or recognise (include/my_command.h). */
export const COMMAND = {
  COM_QUIT: 0x01,
  COM_INIT_DB: 0x02,
  COM_QUERY: 0x03,
  COM_FIELD_LIST: 0x04,
  COM_STATISTICS: 0x09,
  COM_PROCESS_KILL: 0x0c,
  COM_PING: 0x0e,
  COM_CHANGE_USER: 0x11,
  COM_BINLOG_DUMP: 0x12,
  COM_REGISTER_SLAVE: 0x15,
  COM_STMT_PREPARE: 0x16,
  COM_STMT_EXECUTE: 0x17,
  COM_STMT_SEND_LONG_DATA: 0x18,
  COM_STMT_CLOSE: 0x19,
  COM_STMT_RESET: 0x1a,
  COM_SET_OPTION: 0x1b,
  COM_STMT_FETCH: 0x1c,
  COM_BINLOG_DUMP_GTID: 0x1e,
  COM_RESET_CONNECTION: 0x1f,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(COMMAND).map(([name, code]) => [code, name]),
);

/** Commands that are only recognised. */
const OTHERS: Record<number, string> = {
  0x00: "COM_SLEEP",
  0x05: "COM_CREATE_DB",
  0x06: "COM_DROP_DB",
  0x07: "COM_REFRESH",
  0x08: "COM_SHUTDOWN",
  0x0a: "COM_PROCESS_INFO",
  0x0b: "COM_CONNECT",
  0x0d: "COM_DEBUG",
  0x0f: "COM_TIME",
  0x10: "COM_DELAYED_INSERT",
  0x13: "COM_TABLE_DUMP",
  0x14: "COM_CONNECT_OUT",
  0x1d: "COM_DAEMON",
  0x20: "COM_CLONE",
  0xfa: "COM_STMT_BULK_EXECUTE",
};

/** The constant's name for a command byte, or `COM_<code>`. */
export function commandName(code: number): string {
  return NAMES.get(code) ?? OTHERS[code] ?? `COM_${code}`;
}
