import { assert, assertEquals } from "@std/assert";
import { SqlRedactor } from "../../lib/proxy/sql_redactor.ts";
import { seededRandom, SPLITS } from "../_split.ts";

/** Text, and what is to become of it; secrets are spelled with letters s, e, c, r, e, t. */
const CASES: [string, string][] = [
  ["SELECT 'secret'", "SELECT 'secret'"],
  ["CREATE USER u IDENTIFIED BY 'secret'", "CREATE USER u IDENTIFIED BY '******'"],
  ['create user u identified by "secret"', 'create user u identified by "******"'],
  [
    "ALTER USER 'u'@'h' IDENTIFIED WITH 'caching_sha2_password' BY 'secret' REPLACE 'old' COMMENT 'c'",
    "ALTER USER 'u'@'h' IDENTIFIED WITH 'caching_sha2_password' BY '******' REPLACE '***' COMMENT 'c'",
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
  ["SET PASSWORD = 'it\\'s secret'", "SET PASSWORD = '************'"],
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
  ["/*!99999 it's */ SET PASSWORD = 'secret'", "/*!99999 it's */ SET PASSWORD = '*******"],
  ["SELECT 'a\\'; SET PASSWORD = 'secret'", "SELECT 'a\\'; SET PASSWORD = '*******"],
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
  assertEquals(redact(text, (bytes) => [bytes], false), "SELECT 'a\\'; SET PASSWORD = '******'");
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
