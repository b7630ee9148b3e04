import { randomUUID } from 'node:crypto';
import type { Database } from '@muster/persistence/database';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import type { TestDatabase } from '@muster/testkit/postgres';
import { AnomalyLook } from './anomaly-look.js';

const HOUR_MS = 3_600_000;
const STEP_MS = 600_000;
/** Midnight, sixteen days ago, so that hours of day read as they are. */
export const ZERO = Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS - 16 * 24 * HOUR_MS;

export interface WorldDevice {
  readonly id: string;
  readonly key: number;
}
/** What a metric reads `h` hours after `ZERO`; null reads nothing. */
export type Signal = (h: number) => number | null;

/** A number from -1 to 1 that looks like chance and is the same for the same hour. */
export const jitter = (h: number, seed = 0): number => {
  const x = Math.sin(h * 12.9898 + seed * 78.233) * 43_758.5453;
  return 2 * (x - Math.floor(x)) - 1;
};

/** Devices that measure, hour by hour, on a real database: messages, rollups, looks. */
export class AnomalyWorld {
  #seq = 0;
  constructor(private readonly test: TestDatabase) {}

  async device(site = 'bergen', tenant = 'north'): Promise<WorldDevice> {
    const id = randomUUID();
    const key = await this.test.database.system(async (tx) => {
      await tx.query('insert into tenants (id, name) values ($1, $1) on conflict do nothing', [tenant]);
      await tx.query(`insert into device_classes (tenant_id, name) values ($1, 'meter') on conflict do nothing`, [
        tenant,
      ]);
      await tx.query('insert into sites (tenant_id, name) values ($1, $2) on conflict do nothing', [tenant, site]);
      const [row] = await tx.query<{ key: number }>(
        `insert into devices (tenant_id, id, name, serial, model, class, site, state)
         values ($1, $2, $3, $3, 'm', 'meter', $4, 'active') returning device_key as key`,
        [tenant, id, `d-${id.slice(0, 8)}`, site],
      );
      return row!.key;
    });
    return { id, key };
  }

  async metric(key: string, facts: { kind?: string; personal?: boolean } = {}, tenant = 'north'): Promise<number> {
    const [row] = await this.test.database.system((tx) =>
      tx.query<{ id: number }>(
        `insert into metrics (tenant_id, key, kind, personal) values ($1, $2, $3, $4)
         on conflict (tenant_id, key) do update set kind = excluded.kind, personal = excluded.personal returning id`,
        [tenant, key, facts.kind ?? 'gauge', facts.personal ?? false],
      ),
    );
    return row!.id;
  }

  /** Messages of one hour each with a reading every ten minutes, committed and marked; hours count from `ZERO`. */
  async send(device: WorldDevice, signals: ReadonlyMap<number, Signal>, from: number, to: number): Promise<void> {
    const rows: { at: Date; seq: number; dt: number[]; metric: number[]; value: number[] }[] = [];
    for (let h = from; h < to; h++) {
      const dt: number[] = [];
      const metric: number[] = [];
      const value: number[] = [];
      for (let at = 0; at < HOUR_MS; at += STEP_MS)
        for (const [id, signal] of signals) {
          const v = signal(h + at / HOUR_MS);
          if (v === null) continue;
          dt.push(at);
          metric.push(id);
          value.push(v);
        }
      if (dt.length > 0) rows.push({ at: new Date(ZERO + h * HOUR_MS), seq: ++this.#seq, dt, metric, value });
    }
    await this.test.database.system(async (tx) => {
      await tx.query(
        `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value)
         select $1, r.at, r.seq, 2, r.at, 1, r.dt, r.metric, r.value
         from jsonb_to_recordset($2::jsonb) r(at timestamptz, seq bigint, dt int[], metric int[], value float8[])`,
        [device.key, JSON.stringify(rows)],
      );
      await rollupStore.mark(
        tx,
        rows.map(({ at }) => ({ deviceKey: device.key, bucket: at.getTime() })),
      );
    });
  }

  async rollUp(): Promise<void> {
    await this.test.database.system((tx) => rollupStore.rollUp(tx, new Date(Date.now() + 30 * 24 * HOUR_MS), 100_000));
  }

  /** Rolls up and looks at everything that waits. */
  async look(database: Database = this.test.database): Promise<void> {
    await this.rollUp();
    const look = new AnomalyLook(database);
    while ((await look.lookAtSome()) > 0);
  }

  /** As the schedules do it: one hour, one rollup, one look. */
  async live(device: WorldDevice, signals: ReadonlyMap<number, Signal>, from: number, to: number): Promise<void> {
    for (let h = from; h < to; h++) {
      await this.send(device, signals, h, h + 1);
      await this.look();
    }
  }

  findings(device: WorldDevice) {
    return this.test.database.system((tx) =>
      tx.query<{
        id: string;
        kind: string;
        state: string;
        since: Date;
        lastSeenAt: Date;
        closedAt: Date | null;
        sentence: string;
      }>(
        `select id, kind, state, since, last_seen_at as "lastSeenAt", closed_at as "closedAt", sentence from anomalies
         where device_key = $1 order by id`,
        [device.key],
      ),
    );
  }

  letters(device: WorldDevice) {
    return this.test.database.system((tx) =>
      tx.query<{ type: string; payload: { kind: string; suspect: string; sentence: string } }>(
        `select type, payload from outbox where type like 'anomaly.%' and payload->>'deviceId' = $1 order by created_at, id`,
        [device.id],
      ),
    );
  }
}
