import type * as routes from '@muster/contracts/telemetry/telemetry.routes';
import type { FleetValuePage } from '@muster/contracts/telemetry/telemetry.schema';
import { Database } from '@muster/persistence/database';
import { fleetValueStore } from '@muster/persistence/telemetry/fleet-value.store';
import { telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { Refusal } from '../http/refusal.js';

/** The newest value of one metric over many devices, as a column or a map needs it. */
@Injectable()
export class FleetValuesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
  ) {}

  list(call: Call<typeof routes.getFleetValues>): Promise<FleetValuePage> {
    const { metric: key, pageSize, pageToken: _, ...filter } = call.query;
    const after = this.paging.after(call) as readonly [number, number] | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const [metric] = await telemetryQueryStore.metrics(tx, [key]);
      if (metric === undefined) throw Refusal.notFound('metric', key);
      const masked = metric.personal && !call.principal.permissions.has('telemetry:personal');
      const rows = await fleetValueStore.list(tx, metric.id, filter, after, pageSize + 1);
      const page = this.paging.page(
        call,
        rows,
        ({ deviceKey, placeId }) => [deviceKey, placeId],
        ({ deviceKey: _key, placeId: _place, value, at, ...row }) => ({
          ...row,
          value: masked ? null : value,
          at: at.toISOString(),
        }),
      );
      return { ...page, metric: metric.key, title: metric.title ?? metric.key, unit: metric.unit, masked };
    });
  }
}
