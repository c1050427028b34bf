import { ByteReader } from "../bytes/byte_reader.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "POINT",
  2: "LINESTRING",
  3: "POLYGON",
  4: "MULTIPOINT",
  5: "MULTILINESTRING",
  6: "MULTIPOLYGON",
  7: "GEOMETRYCOLLECTION",
};
const DEPTH_MAX = 16;
/** Larger ones are shown as bytes. */
const SIZE_MAX = 1024 * 1024;

/**
 * A GEOMETRY value, u32 SRID and well-known binary (OGC 06-103r4; servers write it little-endian), as
 * well-known text; undefined where it is none.
 */
export function geometryText(bytes: Uint8Array): { srid: number; text: string } | undefined {
  if (bytes.length < 9 || bytes.length > SIZE_MAX) return undefined;
  const reader = new ByteReader(bytes);
  try {
    const srid = reader.u32("srid");
    const text = readGeometry(reader, 0);
    return reader.remaining === 0 ? { srid, text } : undefined;
  } catch {
    return undefined;
  }
}

function readHead(reader: ByteReader): number {
  if (reader.u8("byte order") !== 1) throw reader.fail("big-endian", "byte order");
  return reader.u32("type");
}

function point(reader: ByteReader): string {
  const bytes = reader.take(16, "point");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return `${view.getFloat64(0, true)} ${view.getFloat64(8, true)}`;
}

function list(reader: ByteReader, read: () => string): string {
  const count = reader.u32("count");
  const parts: string[] = [];
  for (let i = 0; i < count; i++) parts.push(read());
  return `(${parts.join(",")})`;
}

function readBody(reader: ByteReader, type: number, depth: number): string {
  const points = (): string => list(reader, () => point(reader));
  switch (type) {
    case 1:
      return `(${point(reader)})`;
    case 2:
      return points();
    case 3:
      return list(reader, points);
    case 4:
    case 5:
    case 6:
      return list(reader, () => {
        if (readHead(reader) !== type - 3) throw reader.fail("other type inside", "type");
        return readBody(reader, type - 3, depth);
      });
    default:
      if (depth > DEPTH_MAX) throw reader.fail("too deep", "type");
      return list(reader, () => readGeometry(reader, depth + 1));
  }
}

function readGeometry(reader: ByteReader, depth: number): string {
  const type = readHead(reader);
  const name = TYPES[type];
  if (!name) throw reader.fail(`type ${type}`, "type");
  const body = readBody(reader, type, depth);
  return body === "()" ? `${name} EMPTY` : `${name}${body}`;
}
