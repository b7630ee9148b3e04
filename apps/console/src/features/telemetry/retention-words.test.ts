import type { RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';
import { describe, expect, test } from 'vitest';
import { consequencesOf, daysWords, removedWords } from './retention-words.js';

const was: RetentionPolicy = { class: null, rawDays: 180, hourlyDays: 1095, warmAfterDays: 30, archive: false };

describe('a change of retention', () => {
  test('that shortens says what goes within an hour', () => {
    expect(consequencesOf(was, { ...was, rawDays: 30 })).toEqual([
      {
        text: 'Raw data older than 30 days will be removed within an hour. Hourly, daily and weekly values stay.',
        removes: true,
      },
    ]);
  });

  test('that shortens with an archive says so', () => {
    const [first] = consequencesOf(was, { ...was, rawDays: 30, archive: true });
    expect(first!.text).toContain('written to archives and then removed within an hour');
  });

  test('that lengthens promises nothing back', () => {
    const [only] = consequencesOf(was, { ...was, rawDays: 365 });
    expect(only).toEqual({
      text: 'Raw data is kept 185 days longer from now on; what is gone stays gone.',
      removes: false,
    });
  });

  test('that gives archives up is a loss', () => {
    expect(consequencesOf({ ...was, archive: true }, was).map(({ removes }) => removes)).toEqual([true]);
  });

  test('of nothing has none', () => {
    expect(consequencesOf(was, { ...was })).toEqual([]);
  });
});

test('whole years are said as years', () => {
  expect([daysWords(1095), daysWords(365), daysWords(180), daysWords(1)]).toEqual([
    '3 years',
    '1 year',
    '180 days',
    '1 day',
  ]);
});

test('what a purge removed is said in words, measurements first', () => {
  expect(removedWords({ marks: 2, deadLetters: 21, archivedMessages: 48, hourly: 3245, messages: 649 })).toBe(
    '649 messages, 48 archived messages, 3,245 hourly values, 21 dead letters, 2 roll-up marks',
  );
  expect(removedWords({ restored: 3 })).toBe('3 restored');
  expect(removedWords({})).toBe('');
});
