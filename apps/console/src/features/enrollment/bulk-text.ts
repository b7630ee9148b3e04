/** What somebody pasted: a CSV whose header names its columns, or plain serial numbers, one a line. */
export type BulkText =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'csv'; readonly rows: number }
  | { readonly kind: 'serials'; readonly serials: readonly string[] };

/** A first line that names the column `serial` is a header; without one the lines are serial numbers. */
export const readBulk = (text: string): BulkText => {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return { kind: 'nothing' };
  const head = lines[0]!.split(/[,;\t]/).map((cell) => cell.replace(/^"|"$/g, '').trim().toLowerCase());
  if (head.includes('serial')) return { kind: 'csv', rows: lines.length - 1 };
  const serials = lines.flatMap((line) => line.split(/[,;\t]/)).map((one) => one.trim());
  return { kind: 'serials', serials: [...new Set(serials.filter((one) => one !== ''))] };
};

/** What the rows of a CSV say in one column, in their order; empty text where a row says nothing. */
export const columnOf = (text: string, name: string): string[] => {
  const [head = '', ...rows] = text.trim().split(/\r\n|\n|\r/);
  const plain = (cell = '') => cell.replaceAll('"', '').trim();
  const at = head.split(/[,;\t]/).findIndex((cell) => plain(cell).toLowerCase() === name);
  return rows.map((row) => plain(row.split(/[,;\t]/)[at]));
};

/** The serial numbers of a pasted list; of a CSV, its column `serial`. */
export const serialsOf = (text: string): string[] => {
  const bulk = readBulk(text);
  if (bulk.kind === 'serials') return [...bulk.serials];
  return bulk.kind === 'nothing' ? [] : [...new Set(columnOf(text, 'serial').filter((serial) => serial !== ''))];
};

const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  // A spreadsheet takes a cell that begins so for a formula; what follows an apostrophe is text to it.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** A CSV (RFC 4180) of these rows. */
export const csvOf = (head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
