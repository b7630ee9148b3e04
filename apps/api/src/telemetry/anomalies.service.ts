import type * as routes from '@muster/contracts/telemetry/anomalies.routes';
import { type Anomaly, suspects } from '@muster/contracts/telemetry/anomalies.schema';
import { Database } from '@muster/persistence/database';
import { type AnomalyRow, anomalyStore } from '@muster/persistence/telemetry/anomaly.store';
import { nameSeries, sentenceWithoutValues } from '@muster/telemetry/anomaly-words';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';

/** What was found unlike itself. */
@Injectable()
export class AnomaliesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
  ) {}

  list(call: Call<typeof routes.listAnomalies>) {
    const { deviceId, kind, state, pageSize } = call.query;
    const after = this.paging.after(call)?.[0] as string | undefined;
    const mayKnow = call.principal.permissions.has('telemetry:personal');
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await anomalyStore.list(tx, { deviceId, kind, state, after, limit: pageSize + 1 });
      return this.paging.page(
        call,
        rows,
        ({ id }) => [id],
        (row) => toAnomaly(row, mayKnow),
      );
    });
  }
}

function toAnomaly({ personal, ...row }: AnomalyRow, mayKnow: boolean): Anomaly {
  const anomaly = {
    ...row,
    suspect: suspects[row.kind],
    since: row.since.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
  };
  if (!personal || mayKnow) return anomaly;
  const where = row.place === null ? row.deviceName : `${row.deviceName}/${row.place}`;
  const sentence = sentenceWithoutValues(row.kind, nameSeries(row.metric ?? '', where));
  return { ...anomaly, score: null, observed: null, expected: null, sentence };
}
