import { charsetOfCollation } from "../binlog/values/charset.ts";
import { decodeTableMapEvent } from "../binlog/table_map_event.ts";
import type { ByteReader } from "../bytes/byte_reader.ts";
import { makeRowTable } from "./row_table.ts";

const TEXT = new TextDecoder();

/** The fields of a TABLE_MAP_EVENT: names, and of each column type, metadata and what else is told. */
export function tableFields(reader: ByteReader): Record<string, unknown> {
  const map = decodeTableMapEvent(reader);
  const { metadata } = map;
  const { columns } = makeRowTable(map, "mysql");
  const key = metadata.primaryKey?.map(({ column, prefix }) =>
    prefix === 0 ? { column: column + 1 } : { column: column + 1, prefix }
  );
  return {
    tableId: map.tableId,
    tableFlags: map.flags,
    database: map.database,
    table: map.table,
    columns: map.columns.map((column, i) => {
      const unsigned = metadata.unsigned?.[i];
      const collation = metadata.collations?.[i];
      const members = metadata.members?.[i];
      const visible = metadata.visible?.[i];
      return {
        ...(metadata.names?.[i] === undefined ? {} : { name: metadata.names[i] }),
        type: columns[i]!.typeName,
        typeCode: column.type,
        metadata: column.rawMetadata,
        nullable: column.nullable,
        ...(unsigned === undefined ? {} : { unsigned }),
        ...(collation === undefined
          ? {}
          : { collation, charset: charsetOfCollation(collation) ?? null }),
        ...(members ? { members: members.map((member) => TEXT.decode(member)) } : {}),
        ...(visible === undefined ? {} : { visible }),
      };
    }),
    ...(key ? { primaryKey: key } : {}),
    ...(metadata.geometryTypes ? { geometryTypes: metadata.geometryTypes } : {}),
    ...(metadata.vectorDimensions ? { vectorDimensions: metadata.vectorDimensions } : {}),
  };
}
