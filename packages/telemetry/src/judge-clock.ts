import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';

export interface ClockVerdict {
  /** Bits of `messageFlags`. */
  readonly flags: number;
  /** The time to show the message at when the device's own cannot be right; null when it can. */
  readonly correctedAt: Date | null;
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

/**
 * What to think of a device's time. The time itself is never changed: it is part of the key by which a repeated message is
 * known. A clock ahead of ours or one that was never set is corrected to the time of arrival, beside the original.
 */
export function judgeClock(producedAt: Date, receivedAt: Date): ClockVerdict {
  const produced = producedAt.getTime();
  const age = receivedAt.getTime() - produced;
  if (age < -AHEAD_MS)
    return {
      flags: messageFlags.outOfWindow | messageFlags.future | messageFlags.clockCorrected,
      correctedAt: receivedAt,
    };
  if (produced < EARLIEST_MS)
    return { flags: messageFlags.outOfWindow | messageFlags.clockCorrected, correctedAt: receivedAt };
  if (age > WINDOW_MS)
    return { flags: messageFlags.outOfWindow | messageFlags.late | messageFlags.historical, correctedAt: null };
  return { flags: age > LATE_MS ? messageFlags.late : 0, correctedAt: null };
}
