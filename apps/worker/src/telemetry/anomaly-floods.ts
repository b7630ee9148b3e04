import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { anomalyStore, type FindingRow } from '@muster/persistence/telemetry/anomaly.store';

/** The ingest says every few seconds whom it holds back; whom it has not named for this long is held back no more. */
const OVER_MS = 60_000;

/** Makes findings of the devices that the ingest holds back, and closes those of devices it does not; returns how many changed. */
export async function settleFloods(tx: Tx, now: Date): Promise<number> {
  const held = await anomalyStore.floods(tx, now.getTime() - OVER_MS);
  const open = await anomalyStore.openFloods(tx);
  const openBy = new Map(open.map((one) => [one.deviceKey, one]));
  const heldKeys = new Set(held.map(({ deviceKey }) => deviceKey));
  const deviceIds = new Map([...open, ...held].map(({ deviceKey, deviceId }) => [deviceKey, deviceId]));
  const seen: FindingRow[] = held.map((one) => {
    const known = openBy.get(one.deviceKey);
    const since = Math.min(known?.since ?? one.since, one.since);
    return {
      id: known?.id ?? null,
      tenant: one.tenant,
      deviceKey: one.deviceKey,
      placeId: 0,
      metric: 0,
      kind: 'flood',
      since,
      lastSeenAt: one.seenAt,
      closedAt: null,
      score: null,
      observed: one.shed,
      expected: null,
      sentence:
        `${one.deviceName} sends more than it may: ${one.shed} messages held back since ` +
        `${new Date(since).toISOString().slice(0, 19)}Z; it keeps them and sends them again`,
    };
  });
  const over = open
    .filter(({ deviceKey }) => !heldKeys.has(deviceKey))
    .map(({ deviceId: _, ...one }) => ({ ...one, closedAt: one.lastSeenAt }));
  const written = await anomalyStore.record(tx, [...seen, ...over]);
  const letters = written.flatMap((one) => {
    const type = one.closedAt !== null ? 'anomaly.closed' : openBy.has(one.deviceKey) ? null : 'anomaly.opened';
    const payload = {
      anomalyId: one.id,
      deviceId: deviceIds.get(one.deviceKey)!,
      kind: 'flood' as const,
      suspect: 'device' as const,
      sentence: one.sentence,
    };
    return type === null ? [] : [{ tenantId: one.tenant, type, key: one.id, payload }];
  });
  await outbox.dropAll(tx, letters);
  return letters.length;
}
