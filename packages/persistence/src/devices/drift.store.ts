import type { DriftClass } from '@muster/contracts/devices/devices.schema';
import { countsAsDrift, type FieldDrift, findDrift, STALE_AFTER_S } from '@muster/domain/configs/find-drift';
import type { TwinValue } from '@muster/domain/devices/merge-twin';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { type TwinRow, twinStore } from './twin.store.js';

export interface DriftRow {
  readonly deviceId: string;
  readonly path: string;
  readonly class: DriftClass;
  readonly desired: TwinValue;
  readonly reported: TwinValue;
  readonly cause: string | null;
  readonly since: Date;
}

/** How the drift of one device changed; counts leave out unmanaged fields. */
export interface DriftChange {
  readonly deviceId: string;
  readonly before: number;
  readonly after: number;
  readonly drifts: readonly FieldDrift[];
  /** Fields that went wrong just now, beyond merely waiting for the device. */
  readonly fresh: readonly FieldDrift[];
}

const columns = 'f.device_id as "deviceId", f.path, f.class, f.desired, f.reported, f.cause, f.since';

/** Where devices are not as wanted, field by field. Everything but `listStale` runs in a tenant transaction. */
export const driftStore = {
  /**
   * Judges devices afresh from their twins, writes the difference and drops `device.drifted` or `device.converged` where
   * something changed, unless `quietly`: a rendering tells of thousands at once. The twins are locked. Judging again
   * without news writes nothing.
   */
  async judge(tx: Tx, deviceIds: readonly string[], now: Date, quietly = false): Promise<DriftChange[]> {
    const twins = await twinStore.lock(tx, deviceIds);
    const previous = Map.groupBy(await driftStore.ofDevices(tx, deviceIds), ({ deviceId }) => deviceId);
    const changes: (DriftChange & { rows: readonly DriftRow[] })[] = [];
    for (const twin of twins) {
      const rows = previous.get(twin.deviceId) ?? [];
      const drifts = await judgeTwin(tx, twin, rows, now);
      const counted = drifts.filter(countsAsDrift);
      const known = new Set(rows.map((row) => `${row.class}${row.path}`));
      const fresh = counted.filter((one) => one.class !== 'unacknowledged' && !known.has(`${one.class}${one.path}`));
      const before = rows.filter(countsAsDrift).length;
      changes.push({ deviceId: twin.deviceId, before, after: counted.length, drifts, fresh, rows });
    }
    await remove(tx, changes);
    await upsert(tx, changes);
    if (!quietly) await announce(tx, changes);
    return changes.map(({ rows: _rows, ...change }) => change);
  },

  ofDevices(tx: Tx, deviceIds: readonly string[]): Promise<DriftRow[]> {
    return tx.query<DriftRow>(
      `select ${columns} from drifts f where f.device_id = any($1::uuid[]) order by f.device_id, f.path`,
      [deviceIds],
    );
  },

  /** Oldest first after [since, deviceId, path]; `sinceText` is the exact sort value. */
  list(
    tx: Tx,
    filter: { class?: DriftClass | undefined; path?: string | undefined; deviceId?: string | undefined },
    after: readonly [string, string, string] | null,
    limit: number,
  ): Promise<(DriftRow & { deviceName: string; sinceText: string })[]> {
    return tx.query(
      `select ${columns}, d.name as "deviceName", f.since::text as "sinceText"
       from drifts f join devices d on d.tenant_id = f.tenant_id and d.id = f.device_id
       where ($1::text is null or f.class = $1) and ($2::text is null or f.path = $2)
         and ($3::uuid is null or f.device_id = $3)
         and ($4::timestamptz is null or (f.since, f.device_id, f.path) > ($4, $5::uuid, $6))
       order by f.since, f.device_id, f.path limit $7`,
      [
        filter.class ?? null,
        filter.path ?? null,
        filter.deviceId ?? null,
        after?.[0] ?? null,
        after?.[1] ?? null,
        after?.[2] ?? null,
        limit,
      ],
    );
  },

  /** Which field drifts most, by class. */
  byPath(tx: Tx): Promise<{ path: string; class: DriftClass; devices: number; oldest: Date }[]> {
    return tx.query(
      `select path, class, count(*)::int as devices, min(since) as oldest from drifts
       group by path, class order by devices desc, path, class limit 500`,
    );
  },

  /** Connected devices that should have answered a change by now, over all tenants. Needs a system transaction. */
  listUnanswered(tx: Tx, since: Date, limit: number): Promise<{ tenantId: string; deviceId: string }[]> {
    return tx.query(
      `select t.tenant_id as "tenantId", t.device_id as "deviceId" from twins t
       join device_state s on s.device_id = t.device_id
       where s.connected and t.acked_version < t.desired_version and t.desired_at < $1 limit $2`,
      [since, limit],
    );
  },

  /** Devices whose drift became stale only by time passing, over all tenants. Needs a system transaction. */
  listStale(tx: Tx, now: Date, limit: number): Promise<{ tenantId: string; deviceId: string }[]> {
    return tx.query(
      `select distinct f.tenant_id as "tenantId", f.device_id as "deviceId" from drifts f
       join twins t on t.tenant_id = f.tenant_id and t.device_id = f.device_id
       where f.class not in ('stale', 'unmanaged') and t.reported_at < $1 limit $2`,
      [new Date(now.getTime() - STALE_AFTER_S * 1000), limit],
    );
  },
};

async function judgeTwin(tx: Tx, twin: TwinRow, previous: readonly DriftRow[], now: Date): Promise<FieldDrift[]> {
  const acknowledged = twin.ackedVersion === 0 ? null : await twinStore.desiredAt(tx, twin, twin.ackedVersion);
  return findDrift({ ...twin, acknowledged, verdicts: twin.ack?.verdicts ?? {}, previous }, now);
}

type Judged = DriftChange & { readonly rows: readonly DriftRow[] };

async function remove(tx: Tx, changes: readonly Judged[]): Promise<void> {
  const gone = changes.flatMap(({ rows, drifts }) => {
    const kept = new Set(drifts.map(({ path }) => path));
    return rows.filter(({ path }) => !kept.has(path));
  });
  if (gone.length === 0) return;
  await tx.execute(
    `delete from drifts f using unnest($1::uuid[], $2::text[]) g (device_id, path)
     where f.tenant_id = $3 and f.device_id = g.device_id and f.path = g.path`,
    [gone.map(({ deviceId }) => deviceId), gone.map(({ path }) => path), tx.tenantId],
  );
}

async function upsert(tx: Tx, changes: readonly Judged[]): Promise<void> {
  const rows = changes.flatMap(({ deviceId, drifts }) => drifts.map((drift) => ({ deviceId, ...drift })));
  if (rows.length === 0) return;
  await tx.execute(
    `insert into drifts (tenant_id, device_id, path, class, desired, reported, cause, since)
     select $1, r.* from unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::text[], $8::timestamptz[])
       r (device_id, path, class, desired, reported, cause, since)
     on conflict (tenant_id, device_id, path) do update set class = excluded.class, desired = excluded.desired,
       reported = excluded.reported, cause = excluded.cause, since = excluded.since
     where (drifts.class, drifts.desired, drifts.reported, drifts.cause)
       is distinct from (excluded.class, excluded.desired, excluded.reported, excluded.cause)`,
    [
      tx.tenantId,
      rows.map(({ deviceId }) => deviceId),
      rows.map(({ path }) => path),
      rows.map((row) => row.class),
      rows.map(({ desired }) => JSON.stringify(desired)),
      rows.map(({ reported }) => JSON.stringify(reported)),
      rows.map(({ cause }) => cause),
      rows.map(({ since }) => since),
    ],
  );
}

const announce = (tx: Tx, changes: readonly Judged[]): Promise<unknown> =>
  outbox.dropAll(
    tx,
    changes
      .filter(({ before, after, fresh }) => before !== after || fresh.length > 0)
      .map(({ deviceId, after }) => ({
        tenantId: tx.tenantId!,
        type: after === 0 ? 'device.converged' : 'device.drifted',
        key: deviceId,
        payload: after === 0 ? { deviceId } : { deviceId, fields: after },
      })),
  );
