import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';

/** `time` is ms since the epoch, `number` may be NaN (empty), `count` fits 32 bits, `flag` is a boolean. */
export interface ExportColumn {
  readonly name: string;
  readonly type: 'time' | 'text' | 'number' | 'count' | 'flag';
}
export type Cell = string | number | boolean | null;
/** One value a column, in their order. */
export type Line = readonly Cell[];

/** A file made piece by piece; a piece may be empty. A file without its `end` is recognisably broken where the format allows it. */
export interface ExportWriter {
  readonly contentType: string;
  readonly extension: string;
  begin(): Uint8Array;
  add(lines: readonly Line[]): Uint8Array;
  end(): Uint8Array;
}

const NOTHING = new Uint8Array();
/** Lines in memory until they are written, which takes some 50 ms in one go; readers take a row group at a time too. */
const ROW_GROUP = 10_000;

/** RFC 4180 with CRLF. Text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection). */
export const csvWriter = (columns: readonly ExportColumn[]): ExportWriter => ({
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  begin: () => Buffer.from(`${columns.map(({ name }) => name).join(',')}\r\n`),
  add: (lines) =>
    Buffer.from(lines.map((line) => `${line.map((cell, i) => csvCell(cell, columns[i]!)).join(',')}\r\n`).join('')),
  end: () => NOTHING,
});

const csvCell = (cell: Cell, { type }: ExportColumn): string => {
  if (isEmpty(cell)) return '';
  if (type === 'time') return new Date(cell as number).toISOString();
  if (type !== 'text') return String(cell);
  const text = /^[=+\-@\t\r]/.test(String(cell)) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One JSON object a line (ndjson); empty cells are null. */
export const jsonLinesWriter = (columns: readonly ExportColumn[]): ExportWriter => {
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  const cellOf = (cell: Cell, i: number): string => {
    if (isEmpty(cell)) return 'null';
    return JSON.stringify(columns[i]!.type === 'time' ? new Date(cell as number).toISOString() : cell);
  };
  return {
    contentType: 'application/x-ndjson',
    extension: 'jsonl',
    begin: () => NOTHING,
    add: (lines) =>
      Buffer.from(lines.map((line) => `{${line.map((cell, i) => keys[i] + cellOf(cell, i)).join(',')}}\n`).join('')),
    end: () => NOTHING,
  };
};

const parquetTypes = { time: 'TIMESTAMP', text: 'STRING', number: 'DOUBLE', count: 'INT32', flag: 'BOOLEAN' } as const;

/** Row groups as they fill, the footer at the end: without it no reader opens the file. */
export const parquetWriter = (columns: readonly ExportColumn[]): ExportWriter => {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({
      columnData: columns.map(({ name, type }) => ({ name, type: parquetTypes[type], data: [], nullable: true })),
    }),
    createdBy: 'muster',
  });
  let group: Line[] = [];
  /** What is written and not yet handed over; offsets in the footer go on counting. */
  const taken = (): Uint8Array => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  const writeGroup = (): void => {
    if (group.length === 0) return;
    const lines = group;
    group = [];
    const columnData = columns.map(({ name, type }, i) => ({
      name,
      type: parquetTypes[type],
      nullable: true,
      data: lines.map((line) => parquetCell(line[i]!, type)),
    }));
    writer.write({ columnData, rowGroupSize: lines.length });
  };
  return {
    contentType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    begin: taken,
    add: (lines) => {
      for (const line of lines) if (group.push(line) === ROW_GROUP) writeGroup();
      return taken();
    },
    end: () => {
      writeGroup();
      writer.finish();
      return taken();
    },
  };
};

const parquetCell = (cell: Cell, type: ExportColumn['type']): unknown => {
  if (isEmpty(cell)) return null;
  return type === 'time' ? new Date(cell as number) : cell;
};

const isEmpty = (cell: Cell): boolean => cell === null || (typeof cell === 'number' && !Number.isFinite(cell));
