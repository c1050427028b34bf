import { assert, assertEquals } from "@std/assert";
import { SqlRedactor } from "../../lib/proxy/sql_redactor.ts";
import { seededRandom, SPLITS } from "../_split.ts";

/** Text, and what is to become of it; secrets are spelled with letters s, e, c, r, e, t. */
const CASES: [string, string][] = [
  ["SELECT 'secret'", "SELECT 'secret'"],
  ["CREATE USER u IDENTIFIED BY 'secret'", "CREATE USER u IDENTIFIED BY '******'"],
  [
    "UPDATE mysql.user SET authentication_string = 'secret' WHERE user = 'u'",
    "UPDATE mysql.user SET authentication_string = '******' WHERE user = 'u'",
  ],
  ['create user u identified by "secret"', 'create user u identified by "******"'],
  [
    "ALTER USER 'u'@'h' IDENTIFIED WITH 'caching_sha2_password' BY 'secret' REPLACE 'old' COMMENT 'c'",
    "ALTER USER 'u'@'h' IDENTIFIED WITH 'caching_sha2_password' BY '******' REPLACE '***' COMMENT '*'",
  ],
  [
    "CREATE USER u IDENTIFIED VIA ed25519 USING PASSWORD('secret') OR mysql_native_password USING '*AB'",
    "CREATE USER u IDENTIFIED VIA ed25519 USING PASSWORD('******') OR mysql_native_password USING '***'",
  ],
  [
    "GRANT ALL ON *.* TO u IDENTIFIED BY PASSWORD '*6BB'",
    "GRANT ALL ON *.* TO u IDENTIFIED BY PASSWORD '****'",
  ],
  ["SET PASSWORD = 'secret'", "SET PASSWORD = '******'"],
  ["SET PASSWORD='secret'; SELECT 'secret'", "SET PASSWORD='******'; SELECT 'secret'"],
  [
    "SET PASSWORD FOR 'u'@'h' = PASSWORD('secret')",
    "SET PASSWORD FOR 'u'@'h' = PASSWORD('******')",
  ],
  ["SELECT PASSWORD(CONCAT('sec','ret')), 'x'", "SELECT PASSWORD(CONCAT('***','***')), 'x'"],
  [
    "CHANGE REPLICATION SOURCE TO SOURCE_USER='u', SOURCE_PASSWORD = 'secret', SOURCE_HOST='h'",
    "CHANGE REPLICATION SOURCE TO SOURCE_USER='u', SOURCE_PASSWORD = '******', SOURCE_HOST='h'",
  ],
  ["CHANGE MASTER TO master_password='secret'", "CHANGE MASTER TO master_password='******'"],
  [
    "START REPLICA USER='u' PASSWORD='secret' DEFAULT_AUTH='x'",
    "START REPLICA USER='u' PASSWORD='******' DEFAULT_AUTH='x'",
  ],
  [
    "SET @my_password := _utf8mb4'secret', @b = 'c'",
    "SET @my_password := _utf8mb4'******', @b = 'c'",
  ],
  [
    "CREATE SERVER s OPTIONS (USER 'u', PASSWORD 'secret', PORT 3306)",
    "CREATE SERVER s OPTIONS (USER 'u', PASSWORD '******', PORT 3306)",
  ],
  ["SET PASSWORD = 'it''s secret'", "SET PASSWORD = '************'"],
  ["SET PASSWORD = 'it\\'s secret'", "SET PASSWORD = '*************"],
  ["SET PASSWORD = 'sec' 'ret'", "SET PASSWORD = '***' '***'"],
  ["IDENTIFIED /* ' */ BY -- it's\n 'secret'", "IDENTIFIED /* ' */ BY -- it's\n '******'"],
  [
    "CREATE USER u /*!50706 IDENTIFIED BY 'secret' */",
    "CREATE USER u /*!50706 IDENTIFIED BY '******' */",
  ],
  ["# IDENTIFIED BY 'secret'\nSELECT 'x'", "# IDENTIFIED BY '*******\nSELECT 'x'"],
  ["/* IDENTIFIED BY 'secret' */ SELECT 'x'", "/* IDENTIFIED BY '*********/ SELECT 'x'"],
  ["PREPARE p FROM 'SET PASSWORD = ''secret'''", "PREPARE p FROM 'SET PASSWORD = ''********'"],
  ["PREPARE p FROM \"SET PASSWORD = 'secret'\"", 'PREPARE p FROM "SET PASSWORD = ********"'],
  ["IDENTIFIED WITH x AS 0x73656372", "IDENTIFIED WITH x AS **********"],
  ["UPDATE t SET `password` = 'secret', a = 'b'", "UPDATE t SET `password` = '******', a = 'b'"],
  ["ALTER USER u PASSWORD EXPIRE; SELECT 'x'", "ALTER USER u PASSWORD EXPIRE; SELECT 'x'"],
  ["ALTER USER u PASSWORD HISTORY 5 COMMENT 'x'", "ALTER USER u PASSWORD HISTORY 5 COMMENT 'x'"],
  ["SHOW VARIABLES LIKE 'validate_password%'", "SHOW VARIABLES LIKE 'validate_password%'"],
  [
    "SELECT 'password', 'x', '12' FROM t WHERE a LIKE '%password%' AND b = 'c'",
    "SELECT 'password', 'x', '12' FROM t WHERE a LIKE '%password%' AND b = 'c'",
  ],
  // The password that is replaced.
  ["SET PASSWORD = 'a' REPLACE 'secret'", "SET PASSWORD = '*' REPLACE '******'"],
  [
    "SET PASSWORD FOR u TO RANDOM REPLACE 'secret'",
    "SET PASSWORD FOR u TO RANDOM REPLACE '******'",
  ],
  // A comment of two dashes ends with its line, also where that is empty.
  ["IDENTIFIED BY --\n'secret'", "IDENTIFIED BY --\n'******'"],
  ["IDENTIFIED BY #\n'secret'", "IDENTIFIED BY #\n'******'"],
  // MariaDB's own kind of comment that it runs.
  ["IDENTIFIED BY /*M!100100 'secret' */", "IDENTIFIED BY /*M!****** '******' */"],
  ["/*/ ' */ SET PASSWORD = 'secret'", "/*/ ' */ SET PASSWORD = '******'"],
  ["/* *! ' */ SET PASSWORD = 'secret'", "/* *! ' */ SET PASSWORD = '******'"],
  // What the server takes for a comment, and we do not.
  ["/*!99999 it's */ SET PASSWORD = 'secret'", "/*!99999 it's */ SET PASSWORD***********"],
  ["SELECT 'a\\'; SET PASSWORD = 'secret'", "SELECT 'a\\'; SET PASSWORD***********"],
  ["PREPARE p FROM 'IDENTIFIED\\nBY \"secret\"'", "PREPARE p FROM 'IDENTIFIED\\nBY ********'"],
  ["PREPARE p FROM 'IDENTIFIED AS 0x736563'", "PREPARE p FROM 'IDENTIFIED AS ********'"],
  // Statements that are made of several strings.
  ["CONCAT('x IDENTIFIED BY ', QUOTE('secret'))", "CONCAT('x IDENTIFIED BY '******************"],
  ["CONCAT(\"IDENTIFIED BY '\", 'secret', \"'\")", 'CONCAT("IDENTIFIED BY *"****************'],
  [
    "CONCAT('PASSWORD FOR ', u, ' = ', '\"secret\"')",
    "CONCAT('PASSWORD FOR ', u, ' = '*************",
  ],
  [
    "EXECUTE IMMEDIATE \"PASSWORD='a'\"; SELECT 'x'",
    "EXECUTE IMMEDIATE \"PASSWORD=***\"; SELECT 'x'",
  ],
  // Names in quotes.
  ["SET @'my_password' = 'secret'", "SET @'my_password' = '******'"],
  ["UPDATE t SET \"password\" = 'secret'", "UPDATE t SET \"password\" = '******'"],
  ["SET @x_password = BINARY 'secret', @y = 'a'", "SET @x_password = BINARY '******', @y = 'a'"],
  ["SET PASSWORD = N'secret'", "SET PASSWORD = N'******'"],
  ["SET PASSWORD = _utf8 X'736563'", "SET PASSWORD = _utf8 X'******'"],
  [
    "ALTER USER u IDENTIFIED BY 'secret' AND IDENTIFIED WITH `p` AS 'secret'",
    "ALTER USER u IDENTIFIED BY '******' AND IDENTIFIED WITH `p` AS '******'",
  ],
  // Accounts whose names are words that mean something elsewhere.
  ["SET PASSWORD FOR password@h = 'secret'", "SET PASSWORD FOR password@h = '******'"],
  [
    "SET PASSWORD FOR 'my_password'@localhost = 'secret'",
    "SET PASSWORD FOR 'my_password'@localhost = '******'",
  ],
  ["SET PASSWORD FOR `identified`@h = 'secret'", "SET PASSWORD FOR `identified`@h = '******'"],
  ["SET PASSWORD FOR identified@h TO 'secret'", "SET PASSWORD FOR identified@h TO '******'"],
  ["SET PASSWORD FOR by@h = 'secret'", "SET PASSWORD FOR by@h = '******'"],
  ["SET a = 'b', PASSWORD FOR u = 'secret'", "SET a = 'b', PASSWORD FOR u = '******'"],
  [
    "PREPARE p FROM 'SET PASSWORD FOR by@h=''s'' '",
    "PREPARE p FROM 'SET PASSWORD FOR by@h=''****'",
  ],
  // A comment that some versions pass over, with what would not end in it.
  [
    "/*!99999 ` */ SET PASSWORD FOR password@h = 'secret'",
    "/*!99999 ` */ SET PASSWORD**************************",
  ],
  [
    "/*!99999 ` */ CREATE USER u IDENTIFIED BY 'secret'",
    "/*!99999 ` */ CREATE USER u IDENTIFIED BY*********",
  ],
  ["/*!99999 ' */ ALTER USER u PASSWORD 'secret'", "/*!99999 ' */ ALTER USER u PASSWORD ********"],
  ["SET PASSWORD /*!99999 ; */ = 'secret'", "SET PASSWORD /*!***** ; */ = '******'"],
  ["PASSWORD /*!99999 a b */ = 'secret'", "PASSWORD /*!***** a b */ = '******'"],
  [
    "SELECT /*+ X('*/ ') */ 1; SET PASSWORD = 'sec'",
    "SELECT /*+ X('*/ ') */ 1; SET PASSWORD********",
  ],
  // What may be half a character, or the end of a string by another SQL mode.
  [
    "CREATE USER u IDENTIFIED BY 'a\\', v IDENTIFIED BY 'b'",
    "CREATE USER u IDENTIFIED BY '" + "*".repeat(24),
  ],
  ["SET PASSWORD FOR 'a\\'@'h' = 'secret'", "SET PASSWORD FOR 'a\\****************"],
  [
    "SET sql_mode='NO_BACKSLASH_ESCAPES'; SET PASSWORD FOR 'a\\'@'b' = 'secret'",
    "SET sql_mode='NO_BACKSLASH_ESCAPES'; SET PASSWORD FOR 'a\\****************",
  ],
  [
    "SELECT 'a\\'; CHANGE MASTER TO MASTER_PASSWORD = 'b'",
    "SELECT 'a\\'; CHANGE MASTER TO MASTER_PASSWORD *****",
  ],
  ["SELECT 'a\\'; OPTIONS (PASSWORD 0x73)", "SELECT 'a\\'; OPTIONS (PASSWORD *****"],
  // Statements that hold no secret.
  ["SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'"],
  [
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST='h', SOURCE_USER='u' FOR CHANNEL 'c'",
    "CHANGE REPLICATION SOURCE TO SOURCE_HOST='h', SOURCE_USER='u' FOR CHANNEL 'c'",
  ],
  [
    "INSERT INTO t (a, password, b) VALUES ('it\\'s', 'said \\'by\\'', 'x')",
    "INSERT INTO t (a, password, b) VALUES ('it\\'s', 'said \\'by\\'', 'x')",
  ],
  [
    "INSERT INTO t VALUES ('identified by me', 'x', 'y')",
    "INSERT INTO t VALUES ('identified by me', 'x', 'y')",
  ],
  [
    "SELECT 'it\\'s' AS a, password, t.`password` FROM t WHERE b = 'c'",
    "SELECT 'it\\'s' AS a, password, t.`password` FROM t WHERE b = 'c'",
  ],
  [
    "INSERT INTO t SET password = 'secret', a = 'b'",
    "INSERT INTO t SET password = '******', a = 'b'",
  ],
  [
    "SELECT password FROM t FOR UPDATE; SELECT 'x'",
    "SELECT password FROM t FOR UPDATE; SELECT 'x'",
  ],
  [
    "/*!40101 SET NAMES utf8 */; INSERT INTO `é` VALUES ('a', \"b\", 'c */')",
    "/*!40101 SET NAMES utf8 */; INSERT INTO `é` VALUES ('a', \"b\", 'c */')",
  ],
];

function redact(text: string, chunks: (bytes: Uint8Array) => Uint8Array[], escapes = true): string {
  const bytes = new TextEncoder().encode(text);
  const redactor = new SqlRedactor();
  redactor.reset(escapes);
  for (const chunk of chunks(bytes)) redactor.redact(chunk);
  return new TextDecoder().decode(bytes);
}

Deno.test("SqlRedactor overwrites the literals that are secrets, and no others", () => {
  for (const [text, expected] of CASES) assertEquals(redact(text, (bytes) => [bytes]), expected);
});

Deno.test("SqlRedactor leaves no secret wherever its input is split", () => {
  for (const [text, expected] of CASES) {
    for (const split of SPLITS) {
      const found = redact(text, split.chunks);
      assertEquals(found.length, expected.length);
      // Doubled quotes at the edge of two pieces stay quotes; letters never stay.
      assertEquals(
        found.replaceAll("''", "**").replaceAll("'", "*"),
        expected.replaceAll("''", "**").replaceAll("'", "*"),
        `${split.name}: ${text}`,
      );
    }
  }
});

Deno.test("SqlRedactor gives the same for what it has already redacted", () => {
  for (const [text] of CASES) {
    const once = redact(text, (bytes) => [bytes]);
    assertEquals(redact(once, (bytes) => [bytes]), once);
  }
});

Deno.test("SqlRedactor knows sessions where a backslash is a plain character", () => {
  const text = "SELECT 'a\\'; SET PASSWORD = 'secret'";
  assertEquals(redact(text, (bytes) => [bytes], false), "SELECT 'a\\'; SET PASSWORD***********");
  const plain = "INSERT INTO t VALUES ('C:\\', 'b'), ('it\\', 'c')";
  assertEquals(redact(plain, (bytes) => [bytes], false), plain);
});

/** Statements in which a byte is half a character of sjis, gbk or big5, and not what it looks like. */
const HALVES = [
  "CREATE USER a@h IDENTIFIED BY 'abc\x95\x5c', b@h IDENTIFIED BY 'SECRET'",
  "SET PASSWORD FOR '\x95\x5c'@'h' = 'SECRET'",
  "SET PASSWORD FOR '\x95\x5c\x5c'' = 'SECRET'",
  "CREATE USER '\x95\x5c'@'h' IDENTIFIED BY 'SECRET'",
  "CREATE USER \x95\x60@h IDENTIFIED BY 'SECRET'",
  "CREATE USER `\x95\x60`@h IDENTIFIED BY 'SECRET'",
  "CHANGE MASTER TO MASTER_USER='\x95\x5c', MASTER_PASSWORD='SECRET'",
  // White space of latin1.
  "CREATE USER a IDENTIFIED\xa0BY 'SECRET'",
  "CHANGE MASTER TO MASTER_PASSWORD --\xa0'\n = 'SECRET'",
];

Deno.test("SqlRedactor leaves no secret to a character set of two bytes, however it is split", () => {
  for (const text of HALVES) {
    for (const escapes of [true, false]) {
      for (const { name, chunks } of SPLITS) {
        const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
        const redactor = new SqlRedactor();
        redactor.reset(escapes);
        for (const chunk of chunks(bytes)) redactor.redact(chunk);
        const found = String.fromCharCode(...bytes);
        assert(!found.includes("SECRET"), `${name}: ${found}`);
        assert(redactor.changed);
      }
    }
  }
});

Deno.test("SqlRedactor finds random passwords in random statements", () => {
  const random = seededRandom(5);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const heads = [
    "IDENTIFIED BY ",
    "identified with 'p' as ",
    "PASSWORD=",
    "PASSWORD (",
    "X_PASSWORD := ",
    "/*! IDENTIFIED */ BY\t",
  ];
  const before = [
    "",
    "SELECT 'a''b', \"c\";",
    "-- don't\n",
    "/* it's */",
    "SET x='\\'';",
    "`a'b` ",
  ];
  for (let i = 0; i < 2000; i++) {
    const password = Array.from({ length: 8 }, () => pick([...'SECRT#-*/ "'])).join("") + "ZQ";
    const text = `${pick(before)}${pick(before)} CREATE USER u ${pick(heads)}'${password}' tail`;
    const found = redact(text, pick(SPLITS).chunks);
    assert(!found.includes("ZQ"), `${text} became ${found}`);
    assertEquals(found.length, text.length);
  }
});
