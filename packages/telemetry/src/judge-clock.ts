import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';

export interface ClockVerdict {
  /** Bits of `messageFlags`. */
  readonly flags: number;
  /** The time to show the message at when the device's own cannot be right; null when it can. */
  readonly correctedAt: Date | null;
}

/** What is known of a device's clock in one of its runs: how far ours is ahead of it, in ms (negative when behind). */
export interface ClockAnchor {
  readonly offsetMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A clock may run ahead by this much before it is wrong. */
export const AHEAD_MS = 10 * MINUTE_MS;
/** Older than this on arrival means the message waited in a buffer. */
export const LATE_MS = 60 * MINUTE_MS;
/** Older than this on arrival is outside the window that charts and rollups keep current. */
export const WINDOW_MS = 30 * DAY_MS;
/** No device of ours existed before: an earlier time is a clock that was never set. */
export const EARLIEST_MS = Date.UTC(2020, 0, 1);

/** How a device's clock is wrong: it was never set, or runs ahead of ours; null when it may be right. */
export type ClockFault = 'unset' | 'ahead';

export function faultOfClock(producedAt: Date, receivedAt: Date): ClockFault | null {
  const produced = producedAt.getTime();
  if (produced < EARLIEST_MS) return 'unset';
  return produced - receivedAt.getTime() > AHEAD_MS ? 'ahead' : null;
}

/**
 * What to think of a device's time. The time itself is never changed: it is part of the key by which a repeated message is
 * known. A clock ahead of ours or one that was never set is corrected beside the original: by the `anchor` of its run, which
 * keeps the distances between messages that waited, and without one to the time of arrival.
 */
export function judgeClock(producedAt: Date, receivedAt: Date, anchor: ClockAnchor | null = null): ClockVerdict {
  const fault = faultOfClock(producedAt, receivedAt);
  if (fault === null) {
    const age = receivedAt.getTime() - producedAt.getTime();
    return age <= LATE_MS ? NOTHING_SAID : { flags: lateness(age), correctedAt: null };
  }
  const wrong = messageFlags.outOfWindow | messageFlags.clockCorrected;
  const correctedAt = anchored(producedAt, receivedAt, anchor) ?? receivedAt;
  const age = receivedAt.getTime() - correctedAt.getTime();
  return { flags: wrong | (fault === 'ahead' ? messageFlags.future : 0) | lateness(age), correctedAt };
}

const NOTHING_SAID: ClockVerdict = { flags: 0, correctedAt: null };

const lateness = (age: number): number => {
  if (age > WINDOW_MS) return messageFlags.outOfWindow | messageFlags.late | messageFlags.historical;
  return age > LATE_MS ? messageFlags.late : 0;
};

/** The anchored time, unless it cannot be: nothing is produced after it arrived, nor before there were devices. */
const anchored = (producedAt: Date, receivedAt: Date, anchor: ClockAnchor | null): Date | null => {
  if (anchor === null) return null;
  const at = producedAt.getTime() + anchor.offsetMs;
  return at >= EARLIEST_MS && at <= receivedAt.getTime() + AHEAD_MS ? new Date(at) : null;
};
