const HOUR_MS = 3_600_000;

/** So many updates that failed or timed out within so long, over all campaigns, and a device is left alone for so long. */
export const penalty = { failures: 3, withinMs: 24 * HOUR_MS, pauseMs: 24 * HOUR_MS } as const;

/**
 * Until when nothing is offered to a device whose updates failed at these times, or null when it has not failed often
 * enough. Failures from before an earlier pause was over, or was lifted, have been paid for; a success clears nothing.
 */
export function judgeFailures(failedAt: readonly Date[], lastBlockedUntil: Date | null, now: Date): Date | null {
  if (lastBlockedUntil !== null && lastBlockedUntil > now) return null;
  const from = Math.max(now.getTime() - penalty.withinMs, lastBlockedUntil?.getTime() ?? 0);
  const counted = failedAt.filter((at) => at.getTime() > from && at <= now).length;
  return counted >= penalty.failures ? new Date(now.getTime() + penalty.pauseMs) : null;
}
