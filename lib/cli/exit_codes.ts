/** What each exit status of binlogd means. */
export const EXIT_CODES: readonly { code: number; meaning: string }[] = [
  { code: 0, meaning: "done; also ended by SIGTERM or SIGINT, or by the reader of its output" },
  { code: 1, meaning: "the answer is no: faults found, nothing matched, or another error" },
  { code: 2, meaning: "the command line or an option file is wrong" },
  { code: 3, meaning: "damaged or incomplete binlog data" },
  { code: 4, meaning: "the network failed, or the peer broke the protocol" },
  { code: 5, meaning: "the server refused: login, privilege, TLS, or an error of its own" },
  { code: 6, meaning: "the store or another file can't be used: locked, disk full, missing" },
  { code: 7, meaning: "the source is not the one the store was made from" },
  { code: 8, meaning: "the stop condition was never reached" },
  { code: 70, meaning: "a fault in binlogd itself; please report what it printed" },
  {
    code: 130,
    meaning:
      "ended by SIGINT before the answer of list, find, verify or purge, or by a second one (143: SIGTERM)",
  },
];
