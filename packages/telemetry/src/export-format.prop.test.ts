import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import {
  csvWriter,
  type ExportColumn,
  type ExportWriter,
  jsonLinesWriter,
  type Line,
  parquetWriter,
} from './export-format.js';

const columns: readonly ExportColumn[] = [
  { name: 'time', type: 'time' },
  { name: 'device', type: 'text' },
  { name: 'value', type: 'number' },
  { name: 'n', type: 'count' },
  { name: 'masked', type: 'flag' },
];
const line = fc.tuple(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.option(fc.string({ unit: 'grapheme', minLength: 1 })),
  fc.option(fc.double({ noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))),
  fc.option(fc.nat(1_000_000)),
  fc.boolean(),
);
const batches = fc.array(fc.array(line, { maxLength: 30 }), { maxLength: 5 });

const fileOf = (writer: ExportWriter, parts: readonly (readonly Line[])[]): Buffer =>
  Buffer.concat([writer.begin(), ...parts.map((lines) => writer.add(lines)), writer.end()]);
const shown = (lines: readonly Line[]) =>
  lines.map(([time, device, value, n, masked]) => ({
    time: new Date(time as number).toISOString(),
    device,
    value: Number.isNaN(value) ? null : value,
    n,
    masked,
  }));

test('a parquet file made piece by piece reads back as what went in', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (parts) => {
      const file = fileOf(parquetWriter(columns), parts);
      const rows = await parquetReadObjects({
        file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
      });
      const read = rows.map((row) => ({ ...row, time: (row.time as Date).toISOString() }));
      expect(read).toEqual(shown(parts.flat()));
    }),
    { numRuns: 50 },
  );
});

test('many row groups are one file', async () => {
  const many = Array.from({ length: 45_000 }, (_, i): Line => [i, `d${i % 7}`, i / 2, i, false]);
  const file = fileOf(parquetWriter(columns), [many.slice(0, 30_000), many.slice(30_000)]);
  const rows = await parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
  });
  expect([rows.length, rows[44_999]]).toEqual([
    45_000,
    { time: new Date(44_999), device: `d${44_999 % 7}`, value: 22_499.5, n: 44_999, masked: false },
  ]);
});

test('every line of JSON lines is what went in', () => {
  fc.assert(
    fc.property(batches, (parts) => {
      const text = fileOf(jsonLinesWriter(columns), parts).toString();
      const read = text
        .split('\n')
        .slice(0, -1)
        .map((one) => JSON.parse(one));
      expect(read).toEqual(shown(parts.flat()));
    }),
  );
});

test('CSV keeps text whole, and nothing in it starts a formula', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const [header, ...rows] = parseCsv(fileOf(csvWriter(columns), [lines]).toString());
      expect(header).toEqual(columns.map(({ name }) => name));
      expect(rows.map(([, device]) => device)).toEqual(lines.map(([, device]) => guarded(device ?? '')));
      for (const [, device] of rows) expect(device).not.toMatch(/^[=+\-@\t\r]/);
      expect(rows.map(([, , value]) => (value === '' ? null : Number(value)))).toEqual(
        shown(lines).map(({ value }) => value),
      );
    }),
  );
});

test('a number below zero is no formula', () => {
  expect(fileOf(csvWriter(columns), [[[0, '=1+1', -5, 1, true]]]).toString()).toBe(
    "time,device,value,n,masked\r\n1970-01-01T00:00:00.000Z,'=1+1,-5,1,true\r\n",
  );
});

const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** RFC 4180 by its grammar: fields, quoted fields with doubled quotes, CRLF. */
const parseCsv = (text: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    let field = '';
    if (text[at] === '"') {
      const quoted = /^"((?:[^"]|"")*)"/.exec(text.slice(at))!;
      field = quoted[1]!.replaceAll('""', '"');
      at += quoted[0].length;
    } else {
      field = /^[^,\r\n"]*/.exec(text.slice(at))![0];
      at += field.length;
    }
    row.push(field);
    if (text[at] === ',') at++;
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n');
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
};
