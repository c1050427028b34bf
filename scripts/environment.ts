/** Environment variables that binlogd reads: what the executable may ask for, and nothing else. */
export const ENVIRONMENT = [
  "MYSQL_PWD",
  "BINLOGD_USER_PASSWORD",
  "HOME",
  "USER",
  "COLUMNS",
  "NO_COLOR",
  "TZ",
];
