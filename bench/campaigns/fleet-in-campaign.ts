import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import type { Tx } from '@muster/persistence/database';

export interface SeededCampaign {
  readonly tenant: string;
  readonly campaignId: string;
  readonly devices: number;
}

/** Where a campaign stands when the measuring begins. */
export interface Standing {
  /** Updating right now; as many as the cap allows when that many are reachable. */
  readonly busy: number;
  /** Share of the fleet that has been given up as out of reach for now. */
  readonly away: number;
  /** What else there is: still to be offered, or done. */
  readonly rest: 'queued' | 'succeeded';
}

export const CAP = 2_000;
export const DEVICE_SOAK_S = 10;

const plan: CampaignPlan = {
  waves: [{ size: { percent: 1 } }, { size: { percent: 10 } }, { size: { percent: 100 } }],
  gate: {
    maxFailureRate: 0.05,
    maxTimeoutRate: 0.1,
    minSuccessRate: 0.9,
    minSample: 10,
    minResolvedShare: 1,
    soakS: 60,
  },
  concurrency: CAP,
  ratePerMinute: 100_000,
  deadlineS: 86_400,
  stepTimeoutS: 3_600,
  deviceSoakS: DEVICE_SOAK_S,
  retries: 1,
  autoRollback: true,
  approval: false,
};

/** Ids of one tenant that rise with `n`, as those the product makes do. */
const risingId = (n: string): string =>
  `(substr(md5($1), 1, 8) || '-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`;

/** A tenant with two published releases and a fleet on the first; position is the serial, and the last `away` are away. */
async function seedFleet(tx: Tx, tenant: string, devices: number, away: number, now: Date): Promise<void> {
  await tx.query('insert into tenants (id, name) values ($1, $1)', [tenant]);
  await tx.query(`insert into device_classes (tenant_id, name) values ($1, 'gateway')`, [tenant]);
  await tx.query(
    `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
     values ($1, gen_random_uuid(), 'fw.bin', 1, repeat('a', 64), 1, 'complete', 'bench')`,
    [tenant],
  );
  await tx.query(
    `insert into releases (tenant_id, id, name, version, models, artifact_id, state, created_by, published_at)
     select $1, gen_random_uuid(), 'fw', v, '{m1}', a.id, 'published', 'bench', $2
     from artifacts a, unnest(array['1.0.0', '2.0.0']) v where a.tenant_id = $1`,
    [tenant, now],
  );
  await tx.query(
    `insert into devices (tenant_id, id, name, serial, model, class, state, firmware_version)
     select $1, ${risingId('n')}, 'gw-' || n, n::text, 'm1', 'gateway', 'active', '1.0.0' from generate_series(1, $2::int) n`,
    [tenant, devices],
  );
  await tx.query(
    `insert into device_state (device_key, tenant_id, device_id, last_seen_at, connected, presence)
     select device_key, tenant_id, id, $2::timestamptz - interval '1 minute', serial::int <= $3, 'online'
     from devices where tenant_id = $1`,
    [tenant, now, devices - away],
  );
}

/**
 * A campaign whose first two waves have passed and whose last, 90% of the fleet, is open since yesterday. Seeded as rows
 * because a hundred thousand devices would take an hour to get here on their own; the ticks measured then are real.
 */
export async function seedCampaign(
  tx: Tx,
  tenant: string,
  devices: number,
  standing: Standing,
  now: Date,
): Promise<SeededCampaign> {
  const away = Math.round(devices * standing.away);
  const [first, second] = [devices / 100, devices / 10];
  await seedFleet(tx, tenant, devices, away, now);
  const [campaign] = await tx.query<{ id: string }>(
    `insert into campaigns (tenant_id, id, kind, name, state, since, release_id, plan, counters, current_wave, created_by, started_at)
     select $1, gen_random_uuid(), 'release', 'Rollout', 'running', $2, r.id, $3, jsonb_build_object('targets', $4::int), 3, 'bench', $2
     from releases r where r.tenant_id = $1 and r.version = '2.0.0' returning id`,
    [tenant, now, JSON.stringify(plan), devices],
  );
  const campaignId = campaign!.id;
  await tx.query(
    `insert into campaign_waves (tenant_id, campaign_id, n, state, cumulative, size, opened_at, since)
     values ($1, $2, 1, 'passed', $4, $4, $3, $3), ($1, $2, 2, 'passed', $5, $5 - $4, $3, $3), ($1, $2, 3, 'open', $6, $6 - $5, $3, $3)`,
    [tenant, campaignId, new Date(now.getTime() - 86_400_000), first, second, devices],
  );
  await tx.query(
    `insert into campaign_targets (tenant_id, campaign_id, device_id, wave, position, previous_version)
     select $1, $2, id, case when serial::int <= $3 then 1 when serial::int <= $4 then 2 else 3 end, serial::int, '1.0.0'
     from devices where tenant_id = $1`,
    [tenant, campaignId, first, second],
  );
  await tx.query(
    `insert into executions (tenant_id, id, campaign_id, device_id, wave, position, state, reason_code, since, release_id,
       offered_at, deadline_at, step_deadline_at, finished_at)
     select t.tenant_id, ${risingId('t.position')}, t.campaign_id, t.device_id, t.wave, t.position, s.state,
       case s.state when 'unreachable' then 'offline' end, $3, r.id,
       case when s.state in ('succeeded', 'verifying') then $3::timestamptz end,
       case when s.state = 'verifying' then $3::timestamptz + interval '1 day' end,
       case when s.state = 'verifying' then $3::timestamptz + interval '1 day' end,
       case when s.state = 'succeeded' then $3::timestamptz end
     from campaign_targets t
     join releases r on r.tenant_id = t.tenant_id and r.version = '2.0.0',
     lateral (select case when t.wave < 3 then 'succeeded' when t.position <= $4 then 'verifying'
       when t.position > $5 then 'unreachable' else $6 end as state) s
     where t.tenant_id = $1 and t.campaign_id = $2`,
    [tenant, campaignId, new Date(now.getTime() - 7_200_000), second + standing.busy, devices - away, standing.rest],
  );
  await tx.query(
    `update campaign_waves w set counters = c.counts from (
       select wave, jsonb_object_agg(state, n) as counts from (
         select wave, state, count(*) as n from executions where campaign_id = $1 group by wave, state) counted group by wave) c
     where w.campaign_id = $1 and w.n = c.wave`,
    [campaignId],
  );
  return { tenant, campaignId, devices };
}

/** A campaign that was just launched: one wave of the whole fleet, everybody queued and reachable, and slots for all. */
export async function seedWave(tx: Tx, tenant: string, devices: number, now: Date): Promise<SeededCampaign> {
  await seedFleet(tx, tenant, devices, 0, now);
  const whole = { ...plan, waves: [{ size: { percent: 100 } }], concurrency: devices, ratePerMinute: null };
  const [campaign] = await tx.query<{ id: string }>(
    `insert into campaigns (tenant_id, id, kind, name, state, since, release_id, plan, counters, created_by)
     select $1, gen_random_uuid(), 'release', 'Rollout', 'preparing', $2, r.id, $3, jsonb_build_object('targets', $4::int), 'bench'
     from releases r where r.tenant_id = $1 and r.version = '2.0.0' returning id`,
    [tenant, now, JSON.stringify(whole), devices],
  );
  const campaignId = campaign!.id;
  await tx.query(
    `insert into campaign_waves (tenant_id, campaign_id, n, cumulative, size, since, counters)
     values ($1, $2, 1, $3, $3, $4, jsonb_build_object('queued', $3::int))`,
    [tenant, campaignId, devices, now],
  );
  await tx.query(
    `insert into campaign_targets (tenant_id, campaign_id, device_id, wave, position, previous_version)
     select $1, $2, id, 1, serial::int, '1.0.0' from devices where tenant_id = $1`,
    [tenant, campaignId],
  );
  await tx.query(
    `insert into executions (tenant_id, id, campaign_id, device_id, wave, position, since, release_id)
     select t.tenant_id, ${risingId('t.position')}, t.campaign_id, t.device_id, 1, t.position, $3, c.release_id
     from campaign_targets t join campaigns c on c.tenant_id = t.tenant_id and c.id = t.campaign_id
     where t.tenant_id = $1 and t.campaign_id = $2`,
    [tenant, campaignId, now],
  );
  return { tenant, campaignId, devices };
}
