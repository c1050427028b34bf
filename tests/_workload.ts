import type { RealServer } from "../scripts/testbed/server.ts";

/** Settings of {@link mixedWorkload}. */
export interface WorkloadOptions {
  rounds: number;
  /** Number of the first round, when called again on the same server. */
  start?: number;
  /** Leave out the blob of over 16 MiB. */
  small?: boolean;
}

function setup(server: RealServer): string {
  const vector = server.kind === "mariadb1011" ? "" : ", v VECTOR(3)";
  const own = server.flavour === "mariadb" ? ", u UUID, i4 INET4, i6 INET6" : "";
  return `CREATE DATABASE IF NOT EXISTS w; USE w;
CREATE TABLE t (id int primary key auto_increment, a int, b varchar(200)) ENGINE=InnoDB;
CREATE TABLE parent (id int primary key, n int);
CREATE TABLE child (id int primary key, p int, n int);
CREATE TABLE blobs (id int primary key auto_increment, c longblob);
CREATE TABLE kinds (id int primary key auto_increment, ti tinyint, tu tinyint unsigned, si smallint,
  mi mediumint, bi bigint, bu bigint unsigned, de decimal(30,10), fl float, db double, bt bit(17),
  da date, dt datetime(6), ts timestamp(3) NULL, tm time(2), yr year, ch char(10),
  vc varchar(300) character set utf8mb4, la varchar(20) character set latin1, tx text,
  bl blob, en enum('x','y','z'), se set('p','q','r'), js json, ge geometry${vector}${own});`;
}

function round(server: RealServer, n: number, small: boolean): string {
  const own = server.flavour === "mariadb"
    ? "UPDATE kinds SET u=UUID(), i4='10.1.2.3', i6='2001:db8::1';"
    : "UPDATE kinds SET js=JSON_SET(js,'$.n',999);";
  return `USE w;
INSERT INTO t(a,b) VALUES (${n},'one'),(${n},'two'),(${n},REPEAT('three',30));
BEGIN; INSERT INTO t(a,b) VALUES (${n},'in'); SAVEPOINT s1; INSERT INTO t(a,b) VALUES (${n},'gone');
ROLLBACK TO s1; UPDATE t SET b='changed' WHERE b='in'; COMMIT;
BEGIN; INSERT INTO t(a,b) VALUES (${n},'never'); ROLLBACK;
INSERT INTO kinds(ti,tu,si,mi,bi,bu,de,fl,db,bt,da,dt,ts,tm,yr,ch,vc,la,tx,bl,en,se,js,ge) VALUES
 (-128,255,-32768,-8388608,-9223372036854775808,18446744073709551615,-12345678901234567890.0123456789,
  1.5,-2.25e100,b'10101010101010101','2026-02-28','2026-11-23 02:12:48.123456','2026-11-23 02:12:48.123',
  '-838:59:58.99',2026,'c','häß日本','ä','text',x'00ff','y','p,r','{"n":1,"a":[1,2.5,"x",null,true]}',
  ST_GeomFromText('POINT(1 2)')), (NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
  NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
${own}
CREATE TEMPORARY TABLE tmp${n} (x int); INSERT INTO tmp${n} VALUES (1); DROP TEMPORARY TABLE tmp${n};
INSERT INTO parent VALUES (${n},0); INSERT INTO child VALUES (${n},${n},0);
UPDATE parent, child SET parent.n=parent.n+1, child.n=child.n+1 WHERE child.p=parent.id;
XA START 'x${n}'; INSERT INTO t(a,b) VALUES (${n},'xa'); XA END 'x${n}'; XA PREPARE 'x${n}';
XA COMMIT 'x${n}';
XA START 'y${n}'; INSERT INTO t(a,b) VALUES (${n},'xa'); XA END 'y${n}'; XA PREPARE 'y${n}';
XA ROLLBACK 'y${n}';
CREATE TABLE ddl${n} (a int) ; ALTER TABLE ddl${n} ADD b int; DROP TABLE ddl${n};
CREATE TABLE copy${n} AS SELECT * FROM t LIMIT 3;
SET SESSION binlog_format=STATEMENT; INSERT INTO t(a,b) VALUES (RAND()*10, 'statement');
SET @v='user'; INSERT INTO t(a,b) VALUES (1, @v); SET SESSION binlog_format=ROW;
FLUSH BINARY LOGS; INSERT INTO t(a,b) VALUES (${n},'between'); FLUSH BINARY LOGS; FLUSH BINARY LOGS;
${small ? "" : "INSERT INTO blobs(c) VALUES (REPEAT('0123456789abcdef', 1100000));"}
DELETE FROM t WHERE b='two';`;
}

function flavourRound(server: RealServer, n: number): string {
  if (server.flavour === "mariadb") {
    return `SET GLOBAL log_bin_compress=ON; USE w;
INSERT INTO t(a,b) SELECT a, LEFT(CONCAT(b, REPEAT('z', 100)), 200) FROM t;
CREATE TABLE wide${n} (a varchar(10) COMMENT '${"c".repeat(400)}');
SET GLOBAL log_bin_compress=OFF;
SET GLOBAL binlog_checksum=NONE; INSERT INTO t(a,b) VALUES (${n},'plain');
SET GLOBAL binlog_checksum=CRC32; INSERT INTO t(a,b) VALUES (${n},'checked');`;
  }
  return `SET SESSION binlog_transaction_compression=ON; USE w;
INSERT INTO t(a,b) SELECT a, LEFT(CONCAT(b, REPEAT('z', 100)), 200) FROM t;
SET SESSION binlog_transaction_compression=OFF;
SET GLOBAL binlog_checksum=NONE; INSERT INTO t(a,b) VALUES (${n},'plain');
SET GLOBAL binlog_checksum=CRC32; INSERT INTO t(a,b) VALUES (${n},'checked');
SET gtid_next='AUTOMATIC:mytag'; INSERT INTO t(a,b) VALUES (${n},'tagged');
SET gtid_next='AUTOMATIC';`;
}

/**
 * Everything that can be in a binlog, in a few statements a round: DDL, rows of every type, blobs
 * over 16 MiB, XA, savepoints, temporary tables, multi-table updates, statements, quick rotations,
 * compression, checksums that change, tagged GTIDs.
 */
export async function mixedWorkload(server: RealServer, options: WorkloadOptions): Promise<void> {
  const start = options.start ?? 0;
  if (start === 0) await server.sql(setup(server));
  for (let n = start; n < start + options.rounds; n++) {
    await server.sql(round(server, n, options.small ?? n !== start));
    await server.sql(flavourRound(server, n));
  }
  await settle(server);
}

const SETTLE_LIMIT_MS = 60_000;

/**
 * Waits until MariaDB has written the checkpoint event that follows a rotation, up to a second
 * later: the one in its newest file that names that file. Where nothing more is committed, nothing
 * more is written then.
 */
export async function settle(server: RealServer): Promise<void> {
  if (server.flavour === "mysql") return;
  for (const start = Date.now();;) {
    if (Date.now() - start > SETTLE_LIMIT_MS) throw new Error("MariaDB writes no checkpoint event");
    const { file } = await server.binlogEnd();
    const events = await server.sql(`SHOW BINLOG EVENTS IN '${file}'`);
    const named = events.split("\n").some((line) => {
      const fields = line.split("\t");
      return fields[2] === "Binlog_checkpoint" && fields[5] === file;
    });
    if (named) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
