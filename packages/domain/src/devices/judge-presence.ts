import type { Presence } from '@muster/contracts/devices/devices.schema';

export interface PresenceFacts {
  readonly lastSeenAt: Date | null;
  /** False once the device's Will arrived or its connection was seen to end. */
  readonly connected: boolean;
  readonly heartbeatS: number;
  readonly missedHeartbeats: number;
}

/** A heartbeat may be this share of an interval late before anybody is told: jitter is not lateness. */
const TOLERANCE = 0.5;

/** Seconds of silence after which a device is late, and after which it is offline. */
export const presenceLimits = (facts: Pick<PresenceFacts, 'heartbeatS' | 'missedHeartbeats'>) => ({
  lateS: facts.heartbeatS * (1 + TOLERANCE),
  offlineS: facts.heartbeatS * (Math.max(1, facts.missedHeartbeats) + TOLERANCE),
});

/**
 * never: no heartbeat yet. offline: its Will arrived, or `missedHeartbeats` intervals (and half of one) passed in silence.
 * late: silent for an interval and a half. A heartbeat from the future counts as just seen.
 */
export function judgePresence(facts: PresenceFacts, now: Date): Presence {
  if (facts.lastSeenAt === null) return 'never';
  if (!facts.connected) return 'offline';
  const silentS = (now.getTime() - facts.lastSeenAt.getTime()) / 1000;
  const { lateS, offlineS } = presenceLimits(facts);
  if (silentS > offlineS) return 'offline';
  return silentS > lateS ? 'late' : 'online';
}
