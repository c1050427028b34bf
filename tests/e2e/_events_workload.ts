import type { RealServer } from "../_servers.ts";

/** Columns of every type, for a table of one flavour; each `c BIT(…)` has its values below. */
function columns(server: RealServer): string {
  const vector = server.kind === "mariadb1011" ? "" : ", ve VECTOR(3)";
  const own = server.flavour === "mariadb" ? ", uu UUID, i4 INET4, i6 INET6" : "";
  return `id int primary key auto_increment,
ti tinyint, tu tinyint unsigned, si smallint, su smallint unsigned, mi mediumint,
mu mediumint unsigned, ii int, iu int unsigned, bi bigint, bu bigint unsigned,
d1 decimal(30,10), d2 decimal(5,0), d3 decimal(18,9) unsigned, d4 decimal(65,30), d5 decimal(2,2),
fl float, db double, b1 bit(1), bt bit(17), b64 bit(64),
da date, t0 time, t2 time(2), t6 time(6), dt datetime, d_3 datetime(3), d_6 datetime(6),
ts timestamp NULL, ts1 timestamp(1) NULL, ts6 timestamp(6) NULL, yr year,
ch char(10), chu char(200) character set utf8mb4, vc varchar(300) character set utf8mb4,
v10 varchar(10) character set latin1, u16 varchar(20) character set utf16,
sj varchar(20) character set sjis, bn binary(6), vb varbinary(300),
tt tinytext, tx text, mt mediumtext, lt longtext character set latin1, bl blob, lb longblob,
en enum('x','y''s','z') , se set('p','q','r s','t','u','v','w','x9','y'), js json,
zz int unsigned${vector}${own}`;
}

const NAMES =
  "ti,tu,si,su,mi,mu,ii,iu,bi,bu,d1,d2,d3,d4,d5,fl,db,b1,bt,b64,da,t0,t2,t6,dt,d_3,d_6,ts,ts1,ts6," +
  "yr,ch,chu,vc,v10,u16,sj,bn,vb,tt,tx,mt,lt,bl,lb,en,se,js,zz";

const ROWS = [
  `-128,255,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,
18446744073709551615,-12345678901234567890.0123456789,-99999,123456789.987654321,
12345678901234567890123456789012345.123456789012345678901234567890,-0.07,1.5,-2.25e100,b'1',
b'10101010101010101',b'1000000000000000000000000000000000000000000000000000000000000001',
'2026-02-28','-838:59:59','-00:00:00.50','00:00:01.000001','2026-11-23 02:12:48',
'9999-12-31 23:59:59.999','1000-01-01 00:00:00.000001','2026-11-23 02:12:48',
'2026-11-23 02:12:48.1','1970-01-02 00:00:01.000001',2026,'c','häß日本','quo''te \\\\ tab\\t nl\\n 🐬',
'äé€','ü日','表示',x'00ff10',x'0001027f80fe27',
'tiny','text',REPEAT('m',300),'länge',x'00ff27',REPEAT('b',70000),'y''s','p,r s,y',
'{"n":1,"a":[1,2.5,"x",null,true,-1,18446744073709551615,70000,1e100,-0.0,1e14,1e15,12e14,1e20,1e-7,12e-16,1e-16],"s":"q\\\\"uo\\\\u0001te","o":{},"e":[]}',
4000000000`,
  Array.from({ length: 49 }, () => "NULL").join(","),
  `127,0,1,1,1,1,1,1,1,1,0,0,0,0,0,-0e0,-0e0,b'0',b'0',b'0','0001-01-01','00:00:00','838:59:59',
'-00:00:00.000001','0000-00-00','0000-00-00','2026-01-01 00:00:00.5',
'1970-01-02 00:00:01','2038-01-01 00:00:00','2026-11-23 02:12:48',1901,'','','','','','','','','','','','','',
'','','','3.14',7`,
];

/**
 * Row events of every column type: inserts, updates with few columns logged, deletes. `size` is that of
 * the largest values.
 */
export async function rowsWorkload(server: RealServer, size = 70_000): Promise<void> {
  const mysql = server.flavour === "mysql";
  const sized = (sql: string): string => sql.replaceAll("70000)", `${size})`);
  await server.sql(`SET SESSION sql_mode='', time_zone='+00:00';
CREATE DATABASE r; USE r; CREATE TABLE every (${columns(server)}) ENGINE=InnoDB;
CREATE TABLE shapes (g geometry) ENGINE=InnoDB;
CREATE TABLE signs (a int, y year, b int unsigned, c int) ENGINE=InnoDB;
CREATE TABLE few (a int, b varchar(20), PRIMARY KEY (a)) ENGINE=InnoDB;
CREATE TABLE \`we\`\`ird na.me\` (\`co\`\`l\` int, \`ü\` int) ENGINE=InnoDB;`);
  if (!mysql) {
    await server.sql(`USE r; CREATE TABLE compressed (id int, v varchar(1000) COMPRESSED,
b blob COMPRESSED, t text COMPRESSED character set utf8mb4, vs varchar(20) COMPRESSED)`);
  }
  for (const metadata of ["MINIMAL", "FULL"]) {
    const rows = ROWS.map((row) => `INSERT INTO every(${NAMES}) VALUES (${sized(row)});`).join(
      "\n",
    );
    await server.sql(`SET SESSION sql_mode='', time_zone='+00:00', timestamp=1800000000.25;
SET GLOBAL binlog_row_metadata=${metadata}; USE r; SET NAMES utf8mb4;
${rows}
INSERT INTO signs VALUES (-1,2000,4000000000,-2);
INSERT INTO few VALUES (1,'one'),(2,'two'),(3,NULL);
UPDATE few SET b='uno' WHERE a=1; UPDATE few SET b=NULL WHERE a=2; DELETE FROM few;
INSERT INTO \`we\`\`ird na.me\` VALUES (1,-1);
SET SESSION binlog_row_image=MINIMAL; INSERT INTO few(a) VALUES (9); UPDATE few SET b='nine';
DELETE FROM few; SET SESSION binlog_row_image=FULL;
INSERT INTO shapes VALUES (ST_GeomFromText('POINT(1 2)')),
 (ST_GeomFromText('POLYGON((0 0,0 1.5,1 1,0 0),(0 0,0 1,1 1,0 0))')),
 (ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')),
 (ST_GeomFromText('MULTIPOINT(1 2,3 4)')),(NULL); DELETE FROM shapes;
UPDATE every SET vc='changed', bu=bu-1, fl=1e-45 WHERE id % 3 = 1; DELETE FROM every WHERE id % 3 = 2;`);
    if (mysql) {
      await server.sql(`USE r; UPDATE every SET ve=TO_VECTOR('[1,-2.5,3e10]');
SET SESSION binlog_rows_query_log_events=ON; UPDATE every SET ii=5 WHERE id=1;
SET SESSION binlog_rows_query_log_events=OFF;
SET SESSION binlog_row_value_options=PARTIAL_JSON;
UPDATE every SET js=JSON_SET(js,'$.n',999);
UPDATE every SET js=JSON_REMOVE(JSON_SET(js,'$.a[1]','it''s', '$.o.new', CAST('{"x":[1]}' AS JSON)),
 '$.s');
UPDATE every SET js=JSON_SET(js,'$.a[99]',5,'$.o.x',6,'$.a[99]',7);
UPDATE every SET js=JSON_ARRAY_INSERT(js,'$.a[0]',CAST('2026-11-23 02:12:48.5' AS DATETIME(6)));
UPDATE every SET js=JSON_OBJECT('dt',CAST('2026-11-23 02:12:48.5' AS DATETIME(6)),'d',
 CAST('2026-11-23' AS DATE),'t',CAST('-12:13:14.5' AS TIME(6)),'de',CAST(-12.340 AS DECIMAL(10,3)),
 'bin',CAST(x'00ff' AS BINARY),'b',b'101', 'big', REPEAT('k', ${size}));
SET SESSION binlog_row_value_options='';
SET SESSION binlog_transaction_compression=ON;
INSERT INTO few VALUES (1,'packed'),(2,'too'); UPDATE few SET b=UPPER(b);
SET SESSION binlog_transaction_compression=OFF; DELETE FROM few;`);
    } else {
      const vector = server.kind === "mariadb1011"
        ? ""
        : "UPDATE every SET ve=Vec_FromText('[1,-2.5,3e10]');";
      await server.sql(`USE r; ${vector}
UPDATE every SET uu='123e4567-e89b-12d3-a456-426614174000', i4='10.1.2.3', i6='2001:db8::1';
SET GLOBAL log_bin_compress=ON, log_bin_compress_min_len=10;
INSERT INTO few VALUES (1,REPEAT('p',20)),(2,'too'); UPDATE few SET b=UPPER(b);
CREATE TABLE packed_${metadata} (a int COMMENT '${"c".repeat(400)}');
SET GLOBAL log_bin_compress=OFF; DELETE FROM few;
INSERT INTO compressed VALUES (1,REPEAT('abc',90),REPEAT('xyz',80),REPEAT('ä',70),'short'),
 (2,'','','',NULL); DELETE FROM compressed;`);
    }
  }
  await server.sql(`USE r; SET SESSION binlog_format=STATEMENT;
INSERT INTO few SELECT 50+FLOOR(RAND()*10), 'r'; SET @v='us\\'er', @i=-5, @d=1.25, @f=1.5e0, @n=NULL, @e=1e15, @s=1e-7;
INSERT INTO few VALUES (70, @v); INSERT INTO few VALUES (@i, @d); INSERT INTO few VALUES (@f, @n);
INSERT INTO few VALUES (80, @e), (81, @s);
CREATE TABLE ai (a int primary key auto_increment, b int); INSERT INTO ai(b) VALUES (1),(2);
INSERT INTO ai(b) VALUES (LAST_INSERT_ID()); SET SESSION binlog_format=ROW;
FLUSH BINARY LOGS;`);
}
