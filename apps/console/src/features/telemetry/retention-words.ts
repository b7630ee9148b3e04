import type { RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';
import { count, many, words } from '../../ui/format.js';

/** "180 days", "3 years": years where they are whole. */
export const daysWords = (days: number): string =>
  days >= 365 && days % 365 === 0 ? many(days / 365, 'year') : many(days, 'day');

export interface Consequence {
  readonly text: string;
  /** Data goes that somebody may still want. */
  readonly removes: boolean;
}

/** What saving a policy would do, in sentences; `was` is null where the class followed the tenant's policy until now. */
export const consequencesOf = (was: RetentionPolicy, next: RetentionPolicy): Consequence[] => {
  const said: Consequence[] = [];
  const keep = (text: string) => said.push({ text, removes: false });
  const lose = (text: string) => said.push({ text, removes: true });
  if (next.rawDays < was.rawDays)
    lose(
      `Raw data older than ${daysWords(next.rawDays)} will be ${next.archive ? 'written to archives and then removed' : 'removed'} within an hour. Hourly, daily and weekly values stay.`,
    );
  if (next.rawDays > was.rawDays)
    keep(`Raw data is kept ${daysWords(next.rawDays - was.rawDays)} longer from now on; what is gone stays gone.`);
  if (next.hourlyDays < was.hourlyDays)
    lose(
      `Hourly values older than ${daysWords(next.hourlyDays)} will be removed within an hour. Daily and weekly values stay.`,
    );
  if (next.hourlyDays > was.hourlyDays) keep(`Hourly values are kept for ${daysWords(next.hourlyDays)} from now on.`);
  if (next.warmAfterDays !== was.warmAfterDays)
    keep(`Days are rewritten in device order once they are ${daysWords(next.warmAfterDays)} old.`);
  if (next.archive && !was.archive)
    keep('Raw days that end are first written as Parquet files, which can be restored.');
  if (!next.archive && was.archive) lose('Raw days that end are no longer archived: they cannot be brought back.');
  return said;
};

/** What a purge counts, in the order in which people ask for it; another kind stands behind them under its own name. */
const purgedKinds: Readonly<Record<string, string>> = {
  messages: 'messages',
  archivedMessages: 'archived messages',
  archives: 'archive files',
  hourly: 'hourly values',
  daily: 'daily values',
  weekly: 'weekly values',
  latest: 'newest values',
  deadLetters: 'dead letters',
  anomalies: 'anomalies',
  baselines: 'baselines',
  clockAnchors: 'clock anchors',
  marks: 'roll-up marks',
};

/** "649 messages, 3,245 hourly values". */
export const removedWords = (removed: Readonly<Record<string, number>>): string =>
  [...new Set([...Object.keys(purgedKinds), ...Object.keys(removed)])]
    .filter((kind) => removed[kind] !== undefined)
    .map((kind) => `${count(removed[kind]!)} ${purgedKinds[kind] ?? words(kind).toLowerCase()}`)
    .join(', ');
