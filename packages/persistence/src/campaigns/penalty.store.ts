import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { judgeFailures, penalty } from '@muster/domain/campaigns/judge-failures';
import { deviceEventStore } from '../devices/device-event.store.js';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';

/** Ends that count against a device. */
export const isPenalised = (state: ExecutionState): boolean => state === 'failed' || state === 'timed_out';

interface Failing {
  readonly deviceId: string;
  readonly blockedUntil: Date | null;
  readonly failedAt: readonly Date[];
}

const failingDevices = async (tx: Tx, deviceIds: readonly string[], now: Date): Promise<Failing[]> => {
  const rows = await tx.query<{ deviceId: string; blockedUntil: Date | null; failedAt: Date }>(
    `select d.id as "deviceId", d.updates_blocked_until as "blockedUntil", e.finished_at as "failedAt"
     from devices d join executions e on e.tenant_id = d.tenant_id and e.device_id = d.id
     where d.tenant_id = $1 and d.id = any($2::uuid[]) and e.state in ('failed', 'timed_out') and e.finished_at > $3`,
    [tx.tenantId, deviceIds, new Date(now.getTime() - penalty.withinMs)],
  );
  return [...Map.groupBy(rows, (row) => row.deviceId)].map(([deviceId, some]) => ({
    deviceId,
    blockedUntil: some[0]!.blockedUntil,
    failedAt: some.map((row) => row.failedAt),
  }));
};

/**
 * Leaves devices alone for a while whose update just failed or timed out once too often. In the transaction of the
 * failure, before the wave's counts are locked: the device's row is then never waited for with those in hand.
 */
export async function penalise(tx: Tx, deviceIds: readonly string[], now: Date): Promise<void> {
  if (deviceIds.length === 0) return;
  const blocked = (await failingDevices(tx, deviceIds, now)).flatMap((device) => {
    const until = judgeFailures(device.failedAt, device.blockedUntil, now);
    return until === null ? [] : [{ deviceId: device.deviceId, until }];
  });
  if (blocked.length === 0) return;
  await tx.execute(
    `with blocked as (select d.id, b.until from devices d join unnest($2::uuid[], $3::timestamptz[]) as b(id, until) on b.id = d.id
       where d.tenant_id = $1 order by d.id for no key update of d)
     update devices d set updates_blocked_until = b.until, version = d.version + 1
     from blocked b where d.tenant_id = $1 and d.id = b.id`,
    [tx.tenantId, blocked.map((it) => it.deviceId), blocked.map((it) => it.until)],
  );
  await deviceEventStore.append(
    tx,
    blocked.map(({ deviceId, until }) => ({
      deviceId,
      kind: 'execution',
      summary: `No update is offered before ${until.toISOString()}: ${penalty.failures} failed within a day`,
      facts: { blockedUntil: until.toISOString(), failures: penalty.failures },
    })),
    now,
  );
  await outbox.dropAll(
    tx,
    blocked.map(({ deviceId }) => ({
      tenantId: tx.tenantId!,
      type: 'device.changed',
      key: deviceId,
      payload: { deviceId },
    })),
  );
}
