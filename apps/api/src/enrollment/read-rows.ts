import { CsvError, parse } from 'csv-parse/sync';
import type { z } from 'zod';
import { Refusal } from '../http/refusal.js';

export interface RowsOrCsv {
  readonly rows?: readonly unknown[] | undefined;
  readonly csv?: string | undefined;
}

/** One row of what was handed in; `row` counts from 1, without the header of a CSV. */
export type ReadRow<T> =
  | { readonly row: number; readonly ok: true; readonly value: T }
  | { readonly row: number; readonly ok: false; readonly message: string };

const MOST_ROWS = 5_000;
const LABEL = 'label.';

/**
 * Rows as JSON, or as CSV (RFC 4180) whose header names the same fields; an empty cell is a field left out, and labels are
 * columns `label.<key>`. A row that breaks a rule fails alone.
 * @throws Refusal validation_failed when the CSV cannot be parted into rows at all
 */
export const readRows = <S extends z.ZodType>(schema: S, { rows, csv }: RowsOrCsv): ReadRow<z.output<S>>[] => {
  const raw: ReadRow<unknown>[] =
    csv === undefined ? rows!.map((value, i) => ({ row: i + 1, ok: true, value })) : readCsv(csv);
  return raw.map((read) => {
    if (!read.ok) return read;
    const parsed = schema.safeParse(read.value);
    return parsed.success
      ? { row: read.row, ok: true, value: parsed.data }
      : { row: read.row, ok: false, message: parsed.error.issues.map(worded).join('; ').slice(0, 500) };
  });
};

const readCsv = (csv: string): ReadRow<unknown>[] => {
  const [header, ...records] = recordsOf(csv);
  if (!header || records.length === 0) throw faulty('has no rows');
  if (records.length > MOST_ROWS) throw faulty(`has more than ${MOST_ROWS} rows`);
  const names = header.map((name) => name.trim());
  const twice = names.find((name, i) => name === '' || names.indexOf(name) !== i);
  if (twice !== undefined) throw faulty(twice === '' ? 'has a column without a name' : 'names a column twice');
  return records.map((cells, i) =>
    cells.length === names.length
      ? { row: i + 1, ok: true, value: objectOf(names, cells) }
      : { row: i + 1, ok: false, message: `has ${cells.length} cells where the header has ${names.length}` },
  );
};

const recordsOf = (csv: string): string[][] => {
  try {
    return parse(csv, { bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: 64 * 1024 });
  } catch (fault) {
    if (!(fault instanceof CsvError)) throw fault;
    const line = typeof fault.lines === 'number' ? ` near line ${fault.lines}` : '';
    throw faulty(`is not CSV${line}: a quote that is not closed or stands in the middle of a cell, or a row too long`);
  }
};

const objectOf = (names: readonly string[], cells: readonly string[]): object => {
  const fields: [string, unknown][] = [];
  const labels: [string, string][] = [];
  names.forEach((name, i) => {
    const cell = cells[i]!.trim();
    if (cell === '') return;
    if (name.startsWith(LABEL)) labels.push([name.slice(LABEL.length), cell]);
    else fields.push([name, cell]);
  });
  // fromEntries defines own properties, so a column named __proto__ is an unknown field like any other.
  return Object.fromEntries(labels.length > 0 ? [...fields, ['labels', Object.fromEntries(labels)]] : fields);
};

const worded = (issue: z.core.$ZodIssue): string => {
  const at = issue.path.map(String).join('.');
  const what =
    issue.code === 'unrecognized_keys' ? `unknown fields ${issue.keys.slice(0, 5).join(', ')}` : issue.message;
  return at === '' ? what : `${at}: ${what}`;
};

const faulty = (message: string): Refusal =>
  new Refusal('validation_failed', `/body/csv ${message}.`, undefined, [{ pointer: '/body/csv', message }]);
