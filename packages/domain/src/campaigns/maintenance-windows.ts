import { type MaintenanceWindow, weekdays } from '@muster/contracts/campaigns/plans.schema';
import { Temporal } from 'temporal-polyfill';

/** From `opensAt` on and before `closesAt`. */
export interface Opening {
  readonly opensAt: Date;
  readonly closesAt: Date;
}

const MINUTE_MS = 60_000;
/** A window lasts a day at most, and a day may have 23 hours: what is open now began two local days ago or later. */
const DAYS_BACK = 2;
const DAYS_AHEAD = 8;

/** Whether this is the name of an IANA time zone; offsets such as +02:00 are none, for they know no summer. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a plan's windows, in words; null when nothing is. Their form is the contract's to check. */
export function checkWindows(windows: readonly MaintenanceWindow[]): string | null {
  for (const [i, { timezone, days, minutes }] of windows.entries()) {
    if (timezone !== 'device' && !isTimezone(timezone)) return `Window ${i + 1}: no time zone is called ${timezone}.`;
    if (days.length === 0) return `Window ${i + 1}: it names no day, so it never opens.`;
    if (minutes <= 0) return `Window ${i + 1}: it closes before it opens.`;
  }
  return null;
}

/** A zone as somebody wrote it down for a site; UTC when there is none of that name, so that a typo stops no campaign. */
const zoneOf = (window: MaintenanceWindow, device: string): string => {
  const zone = window.timezone === 'device' ? device : window.timezone;
  return isTimezone(zone) ? zone : 'UTC';
};

/**
 * The opening of a window on one local day, or null when the day is not one of its days. A time that clocks skip is
 * counted with the offset before the change, and the first of two equal times is taken (RFC 5545 3.3.5): every listed
 * day opens exactly once, for exactly as long as was said.
 */
function openingOn(window: MaintenanceWindow, zone: string, day: Temporal.PlainDate): Opening | null {
  if (!window.days.includes(weekdays[day.dayOfWeek - 1]!)) return null;
  const opens = day
    .toPlainDateTime(window.from)
    .toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
  return { opensAt: new Date(opens), closesAt: new Date(opens + window.minutes * MINUTE_MS) };
}

/** Openings of one window on the local days from `now` minus `back` to plus `ahead`, in order. */
export function openings(
  window: MaintenanceWindow,
  timezone: string,
  now: Date,
  back: number = DAYS_BACK,
  ahead: number = DAYS_AHEAD,
): Opening[] {
  const zone = zoneOf(window, timezone);
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone).toPlainDate();
  return Array.from({ length: back + ahead + 1 }, (_, i) => openingOn(window, zone, today.add({ days: i - back })))
    .filter((opening) => opening !== null)
    .sort((a, b) => a.opensAt.getTime() - b.opensAt.getTime());
}

/**
 * The opening that contains `now`, or null while closed. Windows that overlap or follow each other without a pause are
 * one, so that nobody breaks off at a midnight that means nothing. `timezone` is the device's.
 */
export function windowAt(windows: readonly MaintenanceWindow[], timezone: string, now: Date): Opening | null {
  const near = windows
    .flatMap((window) => openings(window, timezone, now, DAYS_BACK, 1))
    .sort((a, b) => a.opensAt.getTime() - b.opensAt.getTime());
  let run: Opening | null = null;
  for (const opening of near) {
    if (run === null || opening.opensAt > run.closesAt) {
      if (opening.opensAt > now) break;
      run = opening;
    } else if (opening.closesAt > run.closesAt) run = { opensAt: run.opensAt, closesAt: opening.closesAt };
  }
  return run !== null && run.opensAt <= now && now < run.closesAt ? run : null;
}

/** The next opening after `now`; null when no window opens within eight days, which only a plan without windows does. */
export function nextWindow(windows: readonly MaintenanceWindow[], timezone: string, now: Date): Opening | null {
  const coming = windows
    .flatMap((window) => openings(window, timezone, now, 0, DAYS_AHEAD).find(({ opensAt }) => opensAt > now) ?? [])
    .sort((a, b) => a.opensAt.getTime() - b.opensAt.getTime() || b.closesAt.getTime() - a.closesAt.getTime());
  return coming[0] ?? null;
}
