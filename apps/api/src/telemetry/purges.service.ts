import type * as routes from '@muster/contracts/telemetry/retention.routes';
import type { Purge } from '@muster/contracts/telemetry/retention.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { type PurgeRow, purgeStore } from '@muster/persistence/telemetry/purge.store';
import { telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Orders to remove what was measured; the worker carries them out. */
@Injectable()
export class PurgesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listPurges>) {
    const after = (this.paging.after(call)?.[0] ?? null) as string | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await purgeStore.list(tx, after, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toPurge);
    });
  }

  create(call: Call<typeof routes.createPurge>) {
    const { principal, requestId, body } = call;
    const { deviceId, reason } = body;
    if (deviceId === null && body.confirm !== principal.tenantId)
      throw new Refusal('validation_failed', undefined, undefined, [
        {
          pointer: '/body/confirm',
          message: `must be ${principal.tenantId}, since everything measured in it will be removed`,
        },
      ]);
    if (deviceId !== null && !UUID.test(deviceId)) throw Refusal.notFound('device', deviceId);
    return this.database.insist(principal.tenantId, async (tx) => {
      if (deviceId !== null && (await telemetryQueryStore.device(tx, deviceId)) === null)
        throw Refusal.notFound('device', deviceId);
      const order = { id: uuidv7(), deviceId, reason, requestedBy: principal.name, requestedAt: this.clock.now() };
      const row = await purgeStore.insert(tx, order);
      const record = { actor: actorOf(principal), action: 'purge.requested', resource: `purge:${row.id}` };
      await audit.append(tx, { ...record, after: { deviceId }, reason, requestId });
      return toPurge(row);
    });
  }
}

const toPurge = (row: PurgeRow): Purge => ({
  ...row,
  scope: row.deviceId === null ? 'tenant' : 'device',
  requestedAt: row.requestedAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
  removed: { ...row.removed },
});
