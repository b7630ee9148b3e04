import { z } from 'zod';
import { chance } from './chance.js';
import type { Place } from './signals.js';

/**
 * When a device is away without anything being wrong: `nightly` runs on the sun, `weekdays` is switched off when people
 * go home, `flaky` hangs on a bad radio.
 */
export const PresenceHabit = z.enum(['nightly', 'weekdays', 'flaky']);
export type PresenceHabit = z.infer<typeof PresenceHabit>;

/** Shares of the fleet, drawn one after the other; the rest is always there. */
export const PresencePlan = z.array(z.object({ share: z.number().min(0).max(1), habit: PresenceHabit }));
export type PresencePlan = z.infer<typeof PresencePlan>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FLAKY_SLOT_MS = 120_000;
const FLAKY_AWAY = 0.15;

/** The habit this device draws, always the same one, or null. */
export function habitOf(plan: PresencePlan, seed: number, serial: string): PresenceHabit | null {
  let drawn = chance(seed, serial, 'presence');
  for (const { share, habit } of plan) {
    if (drawn < share) return habit;
    drawn -= share;
  }
  return null;
}

/** Whether a device of this habit is there at a moment. The same device is the same way at the same moment. */
export function isThere(habit: PresenceHabit | null, at: Date, device: { serial: string; place: Place }): boolean {
  const { serial, place } = device;
  const ms = at.getTime() + place.solarOffsetH * HOUR_MS;
  const day = Math.floor(ms / DAY_MS);
  const hour = (ms - day * DAY_MS) / HOUR_MS;
  /** Nobody and nothing is on time: up to an hour either way, another every day. */
  const about = (what: string) => chance(serial, what, day) * 2 - 1;
  if (habit === 'nightly') return hour >= 6 + about('up') && hour < 21 + about('down');
  if (habit === 'weekdays') {
    const weekday = (((day + 4) % 7) + 7) % 7;
    return weekday >= 1 && weekday <= 5 && hour >= 7.5 + about('up') && hour < 18 + about('down');
  }
  if (habit === 'flaky') return chance(serial, 'flaky', Math.floor(ms / FLAKY_SLOT_MS)) >= FLAKY_AWAY;
  return true;
}
