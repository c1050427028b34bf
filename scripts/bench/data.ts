import type { RealServer } from "../testbed/server.ts";

const SESSIONS = 4;

async function binlogBytes(server: RealServer): Promise<number> {
  let sum = 0;
  for (const file of await server.binlogFiles()) {
    sum += (await Deno.stat(`${server.binlogDir}/${file}`)).size;
  }
  return sum;
}

async function fill(server: RealServer, bytes: number, call: string): Promise<number> {
  const sessions = Array.from({ length: SESSIONS }, async () => {
    while (await binlogBytes(server) < bytes) await server.sql(`USE bench; ${call};`);
  });
  await Promise.all(sessions);
  await server.sql("FLUSH BINARY LOGS");
  return await binlogBytes(server);
}

const TABLES = `
  CREATE DATABASE IF NOT EXISTS bench; USE bench;
  CREATE TABLE IF NOT EXISTS small (id BIGINT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40));
  CREATE TABLE IF NOT EXISTS large (id BIGINT AUTO_INCREMENT PRIMARY KEY, c LONGBLOB);
  CREATE TABLE IF NOT EXISTS wide (id BIGINT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40),
    c DECIMAL(12,2), d DATETIME, e DOUBLE, f CHAR(10), g INT NULL);
  CREATE TABLE IF NOT EXISTS seed LIKE wide;
  INSERT INTO seed WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    SELECT NULL, i, CONCAT('text ', i * 7919), i * 1.37, '2026-11-23' + INTERVAL i MINUTE, i / 7,
      HEX(i * 65537), IF(i % 3 = 0, NULL, i) FROM n;
  DROP PROCEDURE IF EXISTS fill_rows; DROP PROCEDURE IF EXISTS fill_mixed;
  DROP PROCEDURE IF EXISTS fill_small; DROP PROCEDURE IF EXISTS fill_large;
  DELIMITER //
  CREATE PROCEDURE fill_small() BEGIN
    DECLARE i INT DEFAULT 0;
    WHILE i < 5000 DO
      INSERT INTO small (a, b) VALUES (i, 'twenty bytes or so');
      SET i = i + 1;
    END WHILE;
    DELETE FROM small LIMIT 5000;
  END//
  CREATE PROCEDURE fill_large() BEGIN
    DECLARE i INT DEFAULT 0;
    WHILE i < 4 DO
      INSERT INTO large (c) VALUES (REPEAT('large row ', 100000));
      SET i = i + 1;
    END WHILE;
    DELETE FROM large LIMIT 4;
  END//
  CREATE PROCEDURE fill_rows() BEGIN
    INSERT INTO wide (a, b, c, d, e, f, g) SELECT a, b, c, d, e, f, g FROM seed;
  END//
  CREATE PROCEDURE fill_mixed() BEGIN
    DECLARE i INT DEFAULT 0;
    CALL fill_large();
    WHILE i < 128 DO
      CALL fill_rows();
      SET i = i + 1;
    END WHILE;
  END//
  DELIMITER ;`;

/** Fills the binlog with single-row transactions, to at least so many bytes; returns its size. */
export async function makeSmall(server: RealServer, bytes: number): Promise<number> {
  await server.sql(TABLES);
  return await fill(server, bytes, "CALL fill_small()");
}

/** The same with transactions of thousands of rows of eight columns. */
export async function makeRows(server: RealServer, bytes: number): Promise<number> {
  await server.sql(TABLES);
  return await fill(server, bytes, "CALL fill_rows()");
}

/** About half of it rows of 1 MB, half of it events of 8 KiB with rows of eight columns. */
export async function makeMixed(server: RealServer, bytes: number): Promise<number> {
  await server.sql(TABLES);
  return await fill(server, bytes, "CALL fill_mixed()");
}

/** The same with rows of 1 MB. */
export async function makeLarge(server: RealServer, bytes: number): Promise<number> {
  await server.sql(TABLES);
  return await fill(server, bytes, "CALL fill_large()");
}
