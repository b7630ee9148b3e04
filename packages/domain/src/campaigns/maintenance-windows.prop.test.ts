import { type MaintenanceWindow, weekdays } from '@muster/contracts/campaigns/plans.schema';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { checkWindows, isTimezone, nextWindow, openings, windowAt } from './maintenance-windows.js';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Asia/Kathmandu',
];
const nightly = (from: string, minutes: number, timezone = 'device'): MaintenanceWindow => ({
  days: [...weekdays],
  from,
  minutes,
  timezone,
});
const at = (text: string): Date => new Date(text);
const span = (opening: { opensAt: Date; closesAt: Date } | null) =>
  opening === null ? null : [opening.opensAt.toISOString(), opening.closesAt.toISOString()];
const localDay = (instant: Date, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone).toPlainDate().toString();

const anyWindow = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
  from: fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  minutes: fc.integer({ min: 15, max: 1440 }),
  timezone: fc.constantFrom('device', ...zones),
});
const anyTime = fc
  .integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2032, 0, 1) })
  .map((ms) => new Date(ms - (ms % 1000)));

describe('windowAt', () => {
  it('follows the clocks of the device', () => {
    const windows = [nightly('22:00', 120)];
    expect(span(windowAt(windows, 'Europe/Berlin', at('2026-07-01T20:30:00Z')))).toEqual([
      '2026-07-01T20:00:00.000Z',
      '2026-07-01T22:00:00.000Z',
    ]);
    expect(windowAt(windows, 'Europe/Berlin', at('2026-01-15T20:30:00Z'))).toBeNull();
    expect(windowAt(windows, 'UTC', at('2026-01-15T22:30:00Z'))).not.toBeNull();
  });

  it('includes its first instant and not its last', () => {
    const windows = [nightly('22:00', 60)];
    expect(windowAt(windows, 'UTC', at('2026-01-15T22:00:00Z'))).not.toBeNull();
    expect(windowAt(windows, 'UTC', at('2026-01-15T22:59:59.999Z'))).not.toBeNull();
    expect(windowAt(windows, 'UTC', at('2026-01-15T23:00:00Z'))).toBeNull();
  });

  it('stays open over midnight, and only from the days it names', () => {
    const sunday: MaintenanceWindow = { ...nightly('23:00', 180), days: ['sun'] };
    expect(windowAt([sunday], 'UTC', at('2026-01-05T01:00:00Z'))).not.toBeNull(); // Monday, from Sunday on
    expect(windowAt([sunday], 'UTC', at('2026-01-04T01:00:00Z'))).toBeNull();
  });

  it('takes windows without a pause between them as one', () => {
    const day = [nightly('00:00', 1440)];
    const open = windowAt(day, 'UTC', at('2026-01-15T23:59:00Z'))!;
    expect(open.closesAt.getTime()).toBeGreaterThanOrEqual(at('2026-01-16T23:59:00Z').getTime());
    expect(span(windowAt([nightly('20:00', 60), nightly('20:30', 90)], 'UTC', at('2026-01-15T20:10:00Z')))).toEqual([
      '2026-01-15T20:00:00.000Z',
      '2026-01-15T22:00:00.000Z',
    ]);
  });

  it('has a zone of its own when the window says so', () => {
    const windows = [nightly('22:00', 60, 'America/New_York')];
    expect(windowAt(windows, 'Europe/Berlin', at('2026-01-16T03:30:00Z'))).not.toBeNull();
  });
});

describe('the nights on which clocks change', () => {
  const night = (zone: string, from: string, minutes: number, date: string) =>
    openings(nightly(from, minutes), zone, at(`${date}T12:00:00Z`), 1, 1).map(span);

  it('Berlin in spring: 02:30 does not exist; the window opens once, an hour later by the wall, as long as said', () => {
    expect(night('Europe/Berlin', '02:30', 60, '2026-03-29')).toEqual([
      ['2026-03-28T01:30:00.000Z', '2026-03-28T02:30:00.000Z'],
      ['2026-03-29T01:30:00.000Z', '2026-03-29T02:30:00.000Z'],
      ['2026-03-30T00:30:00.000Z', '2026-03-30T01:30:00.000Z'],
    ]);
  });

  it('Berlin in spring: 02:00 opens with the first instant after the gap', () => {
    expect(night('Europe/Berlin', '02:00', 30, '2026-03-29')[1]).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
  });

  it('Berlin in spring: a window over the change lasts four real hours, five on the wall', () => {
    expect(night('Europe/Berlin', '23:00', 240, '2026-03-28')[1]).toEqual([
      '2026-03-28T22:00:00.000Z',
      '2026-03-29T02:00:00.000Z',
    ]);
  });

  it('Berlin in autumn: 02:30 comes twice and the window opens at the first, once', () => {
    expect(night('Europe/Berlin', '02:30', 60, '2026-10-25')).toEqual([
      ['2026-10-24T00:30:00.000Z', '2026-10-24T01:30:00.000Z'],
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'],
      ['2026-10-26T01:30:00.000Z', '2026-10-26T02:30:00.000Z'],
    ]);
    expect(windowAt([nightly('02:30', 30)], 'Europe/Berlin', at('2026-10-25T01:40:00Z'))).toBeNull();
  });

  it('New York changes on other days: the same window, the other Sunday', () => {
    expect(night('America/New_York', '02:30', 60, '2026-03-08')[1]).toEqual([
      '2026-03-08T07:30:00.000Z',
      '2026-03-08T08:30:00.000Z',
    ]);
    expect(night('America/New_York', '01:30', 60, '2026-11-01')[1]).toEqual([
      '2026-11-01T05:30:00.000Z',
      '2026-11-01T06:30:00.000Z',
    ]);
  });

  it('Lord Howe moves by half an hour', () => {
    // 2026-10-04 02:00 +10:30 becomes 02:30 +11.
    expect(night('Australia/Lord_Howe', '02:15', 30, '2026-10-04')[1]).toEqual([
      '2026-10-03T15:45:00.000Z',
      '2026-10-03T16:15:00.000Z',
    ]);
    // 2026-04-05 02:00 +11 becomes 01:30 +10:30: 01:45 comes twice.
    expect(night('Australia/Lord_Howe', '01:45', 30, '2026-04-05')[1]).toEqual([
      '2026-04-04T14:45:00.000Z',
      '2026-04-04T15:15:00.000Z',
    ]);
  });

  it('Havana has no midnight on its night in spring, and a day all the same', () => {
    expect(night('America/Havana', '00:00', 60, '2026-03-08')[1]).toEqual([
      '2026-03-08T05:00:00.000Z',
      '2026-03-08T06:00:00.000Z',
    ]);
  });
});

describe('windows in any zone at any time', () => {
  it('open once on each listed local day, for exactly as long as was said', () => {
    fc.assert(
      fc.property(anyWindow, fc.constantFrom(...zones), anyTime, (window, device, now) => {
        const zone = window.timezone === 'device' ? device : window.timezone;
        const found = openings(window, device, now, 3, 10);
        const today = Temporal.PlainDate.from(localDay(now, zone));
        const listed = Array.from({ length: 14 }, (_, i) => today.add({ days: i - 3 }))
          .filter((day) => window.days.includes(weekdays[day.dayOfWeek - 1]!))
          .map(String);
        expect(found.map(({ opensAt }) => localDay(opensAt, zone))).toEqual(listed);
        for (const { opensAt, closesAt } of found)
          expect(closesAt.getTime() - opensAt.getTime()).toBe(window.minutes * 60_000);
      }),
    );
  });

  it('are open exactly when one of their openings contains the instant', () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...zones),
        anyTime,
        (windows, zone, now) => {
          const inside = windows.some((window) =>
            openings(window, zone, now, 4, 2).some(({ opensAt, closesAt }) => opensAt <= now && now < closesAt),
          );
          const open = windowAt(windows, zone, now);
          expect(open !== null).toBe(inside);
          if (open !== null) {
            expect(open.opensAt <= now && now < open.closesAt).toBe(true);
            const last = new Date(open.closesAt.getTime() - 1);
            expect(windowAt(windows, zone, last)).not.toBeNull();
          }
        },
      ),
    );
  });

  it('open next when they say so, and are closed until then', () => {
    fc.assert(
      fc.property(anyWindow, fc.constantFrom(...zones), anyTime, (window, zone, now) => {
        const next = nextWindow([window], zone, now)!;
        expect(next.opensAt > now).toBe(true);
        expect(windowAt([window], zone, next.opensAt)).not.toBeNull();
        const open = windowAt([window], zone, now);
        const just = new Date(next.opensAt.getTime() - 1);
        if (open === null && just >= now) expect(windowAt([window], zone, just)).toBeNull();
      }),
    );
  });
});

describe('checkWindows', () => {
  it('names the window whose zone nobody knows', () => {
    expect(checkWindows([nightly('22:00', 60), nightly('22:00', 60, 'Mars/Olympus')])).toBe(
      'Window 2: no time zone is called Mars/Olympus.',
    );
    expect(checkWindows([nightly('22:00', 60, '+02:00')])).toContain('no time zone');
    expect(checkWindows([nightly('22:00', 60), nightly('22:00', 60, 'America/St_Johns')])).toBeNull();
    expect(checkWindows([])).toBeNull();
  });

  it('names a window without a day or without a length', () => {
    expect(checkWindows([{ ...nightly('22:00', 60), days: [] }])).toContain('names no day');
    expect(checkWindows([nightly('22:00', 0)])).toContain('closes before it opens');
  });

  it('takes a site with a mistyped zone to be in UTC', () => {
    expect(isTimezone('Europe/Berln')).toBe(false);
    expect(windowAt([nightly('22:00', 60)], 'Europe/Berln', at('2026-07-01T22:30:00Z'))).not.toBeNull();
  });
});
