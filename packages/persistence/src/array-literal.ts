/**
 * A column of a batch as one Postgres array literal. Handed over as a JavaScript array, the driver would convert, quote
 * and join each element by itself, which costs more than the rest of a batch's way to the database. `read` returns what
 * stands between the commas: numbers and times as they are, other text quoted by `quoted`.
 */
export function arrayLiteral<R>(rows: readonly R[], read: (row: R) => string | number | null): string {
  const texts = new Array<string | number>(rows.length);
  for (let i = 0; i < rows.length; i++) texts[i] = read(rows[i]!) ?? 'NULL';
  return `{${texts.join(',')}}`;
}

/** Any text as an element of an array literal (PostgreSQL 8.15.6). */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
