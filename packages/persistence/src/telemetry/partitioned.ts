/** A table kept in parts by time, between two permanent ones: `<parent>_before` and `<parent>_after`. */
export interface Partitioned {
  readonly parent: 'messages' | 'telemetry_hourly';
  readonly column: 'produced_at' | 'bucket';
  readonly width: 'day' | 'month';
  /** SQL of the time a row of a permanent part ends by: a message with a wrong clock counts at its corrected time. */
  readonly endsBy: string;
  /** Parts made behind and ahead of today at first, and how few may be left ahead before more are. */
  readonly behind: number;
  readonly ahead: number;
  readonly fewest: number;
}

export const rawMessages: Partitioned = {
  parent: 'messages',
  column: 'produced_at',
  width: 'day',
  endsBy: 'coalesce(corrected_at, produced_at)',
  behind: 7,
  ahead: 30,
  fewest: 14,
};
export const hourlyRollups: Partitioned = {
  parent: 'telemetry_hourly',
  column: 'bucket',
  width: 'month',
  endsBy: 'bucket',
  behind: 1,
  ahead: 3,
  fewest: 2,
};

/** One day or month that lies in the parent. */
export interface Part {
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
}

/** Start of the part that holds `at`. */
export const startOf = ({ width }: Partitioned, at: Date): Date =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), width === 'day' ? at.getUTCDate() : 1));

/** `n` parts later; `start` is the start of one. */
export const later = ({ width }: Partitioned, start: Date, n: number): Date =>
  width === 'day'
    ? new Date(start.getTime() + n * 86_400_000)
    : new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + n, 1));

const digits = (day: Date): string => day.toISOString().slice(0, 10).replaceAll('-', '');

export const partAt = (table: Partitioned, start: Date): Part => ({
  name: `${table.parent}_${digits(start)}`,
  start,
  end: later(table, start, 1),
});

/** The part that a table name says; `messages_20260301`, and with a word between also what was taken out of the parent. */
export const partNamed = (table: Partitioned, name: string): Part =>
  partAt(table, new Date(`${dayOf(name)}T00:00:00Z`));

/** The day, as YYYY-MM-DD, that the name of a part or of what was taken out of one says. */
export const dayOf = (name: string): string => name.replace(/^\D+(\d{4})(\d{2})(\d{2}).*$/, '$1-$2-$3');

const NAME = /^(messages|telemetry_hourly)(_(before|after|copy|ended|odd))?(_\d{8})?(_[0-9a-f]{8})?$/;

/** Names of tables go into SQL as text, so only ours may. */
export const known = (name: string): string => {
  if (!NAME.test(name)) throw new Error(`not a part of ours: ${name}`);
  return name;
};
