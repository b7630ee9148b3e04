import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { type Beats, MOST_DEVICES, type Span } from '@muster/domain/campaigns/gather-evidence';
import type { ServiceEvidence } from '@muster/domain/campaigns/weigh-evidence';
import { readingsOfM, usableValue } from '../telemetry/rollup-sql.js';
import type { Tx } from '../transaction.js';

/** A wave somebody has to look after, with its campaign's plan. */
export interface WatchedWave {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly n: number;
  readonly state: 'open' | 'soaking' | 'passed';
  readonly openedAt: Date;
  readonly plan: CampaignPlan;
  /** When it was looked at last. */
  readonly asOf: Date | null;
  /** Its devices are observed from here on: when it was reopened after a halt. */
  readonly since: Date | null;
  /** When the last wave opened and with it the last device not updated went; null while some are left. */
  readonly aloneSince: Date | null;
}

/** A device that stands for others, and how often it is heard. */
export interface SampledDevice {
  readonly deviceKey: number;
  readonly intervalS: number;
}

export interface UpdatedDevice extends SampledDevice {
  /** On the release and meant to serve. */
  readonly inService: boolean;
  /** When it came back on what it was given. */
  readonly startedAt: Date;
  readonly acceptedAt: Date | null;
  readonly bootedAt: Date | null;
  /** Still on its way to the boot. */
  readonly underway: boolean;
}

export interface DeviceSpan extends Span {
  readonly deviceKey: number;
  /** When it, or the device it is compared with, came into service. */
  readonly servesFrom: Date;
}

export interface SpanBeats extends Beats {
  /** A heartbeat came in the three intervals before it came into service. */
  readonly heardBefore: boolean;
}

/** So many targets, from the head of a wave, are gone through for a sample: who is away must not make the search endless. */
const HEAD = 2_000;
/** Spans of one statement. */
const CHUNK = 100;

/**
 * One row at a time, by key: a launch writes so many rows at once that the planner knows nothing of them yet, and a join
 * it chooses freely then goes through the whole fleet for every one.
 */
const eachDevice = `
  cross join lateral (select d.device_key, d.class, d.state, d.tenant_id from devices d
    where d.tenant_id = t.tenant_id and d.id = t.device_id limit 1) d
  join device_classes c on c.tenant_id = d.tenant_id and c.name = d.class
  left join lateral (select s.last_seen_at, s.last_produced_at from device_state s
    where s.device_key = d.device_key limit 1) s on true`;

/** Heartbeats are placed by the device's clock; one that is this far off cannot be observed. */
const clockKept = `coalesce(abs(extract(epoch from s.last_produced_at - s.last_seen_at)) < 300, true)`;

/** What devices say in service, for the gates of campaigns. Samples only: nothing here grows with the fleet. */
export const evidenceStore = {
  /** Opened waves of campaigns that move or are paused (system transaction). */
  watched(tx: Tx): Promise<WatchedWave[]> {
    return tx.query<WatchedWave>(
      `select w.tenant_id as "tenantId", w.campaign_id as "campaignId", w.n, w.state, w.opened_at as "openedAt", c.plan,
         (w.evidence->'service'->>'asOf')::timestamptz as "asOf", (w.evidence->>'since')::timestamptz as since,
         (select case when not bool_or(p.state = 'planned') then max(p.opened_at) end from campaign_waves p
           where p.tenant_id = w.tenant_id and p.campaign_id = w.campaign_id) as "aloneSince"
       from campaigns c join campaign_waves w on w.tenant_id = c.tenant_id and w.campaign_id = c.id
       where c.state in ('running', 'held', 'pausing', 'paused') and c.parent_id is null
         and w.state in ('open', 'soaking', 'passed') and w.opened_at is not null
       order by c.created_at, w.n desc`,
    );
  },

  /** What has been offered among the first targets of a wave, by position, so that the sample stays the same. */
  updated(tx: Tx, campaignId: string, wave: number): Promise<UpdatedDevice[]> {
    return tx.query<UpdatedDevice>(
      `select d.device_key as "deviceKey", c.heartbeat_s as "intervalS",
         e.state in ('soaking', 'succeeded') and d.state = 'active' and ${clockKept} as "inService",
         coalesce(e.booted_at, e.finished_at, e.since) as "startedAt", e.accepted_at as "acceptedAt",
         case when e.state in ('soaking', 'succeeded', 'regressed') then coalesce(e.booted_at, e.finished_at, e.since) end as "bootedAt",
         e.state in ('accepted', 'downloading', 'downloaded', 'installing', 'rebooting', 'verifying') as underway
       from (select tenant_id, campaign_id, device_id, position from campaign_targets
         where tenant_id = $1 and campaign_id = $2 and wave = $3 order by position limit ${HEAD}) t
       cross join lateral (select * from executions n
         where n.tenant_id = t.tenant_id and n.campaign_id = t.campaign_id and n.device_id = t.device_id
         order by n.attempt desc limit 1) e
       ${eachDevice}
       where e.offered_at is not null order by t.position`,
      [tx.tenantId, campaignId, wave],
    );
  },

  /** Targets of waves that are still to come: the same fleet without the update. */
  untouched(tx: Tx, campaignId: string): Promise<SampledDevice[]> {
    return tx.query<SampledDevice>(
      `select d.device_key as "deviceKey", c.heartbeat_s as "intervalS"
       from (select e.tenant_id, e.device_id, e.wave, e.position from executions e
         where e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'queued' and e.wave >= (select min(w.n) from campaign_waves w
           where w.tenant_id = $1 and w.campaign_id = $2 and w.state = 'planned')
         order by e.tenant_id, e.campaign_id, e.wave, e.position limit ${HEAD}) t
       ${eachDevice}
       where d.state = 'active' and s.last_seen_at is not null and ${clockKept}
       order by t.wave, t.position limit ${MOST_DEVICES}`,
      [tx.tenantId, campaignId],
    );
  },

  /** Heartbeats in each span, in the order of the spans (system transaction: the row policy would look each device up). */
  beats(tx: Tx, spans: readonly DeviceSpan[]): Promise<SpanBeats[]> {
    return inChunks(spans, (chunk) =>
      tx.prepared<SpanBeats>('muster_count_beats', COUNT_BEATS, [
        ...columnsOf(chunk),
        chunk.map(({ intervalS }) => intervalS),
        chunk.map(({ servesFrom }) => servesFrom),
      ]),
    );
  },

  /** Mean of the usable readings of each metric in each span, from messages: one record a span, by metric id (system transaction). */
  means(tx: Tx, spans: readonly DeviceSpan[], metrics: readonly number[]): Promise<Record<string, number>[]> {
    return inChunks(spans, async (chunk) => {
      const rows = await tx.prepared<{ means: Record<string, number> | null }>('muster_mean_metrics', MEANS, [
        ...columnsOf(chunk),
        metrics,
      ]);
      return rows.map(({ means }) => means ?? {});
    });
  },

  /** The same from the hourly rollup, for spans of many hours; only whole hours count. */
  hourlyMeans(tx: Tx, spans: readonly DeviceSpan[], metrics: readonly number[]): Promise<Record<string, number>[]> {
    return inChunks(spans, async (chunk) => {
      const rows = await tx.prepared<{ means: Record<string, number> | null }>('muster_mean_hours', HOURLY_MEANS, [
        ...columnsOf(chunk),
        metrics,
      ]);
      return rows.map(({ means }) => means ?? {});
    });
  },

  /** Writes down what was found, unless the wave was reopened or ended meanwhile. */
  async record(
    tx: Tx,
    wave: Pick<WatchedWave, 'campaignId' | 'n' | 'since'>,
    service: ServiceEvidence,
  ): Promise<boolean> {
    const written = await tx.execute(
      `update campaign_waves set evidence = evidence || jsonb_build_object('service', $4::jsonb)
       where tenant_id = $1 and campaign_id = $2 and n = $3 and state in ('open', 'soaking', 'passed')
         and (evidence->>'since')::timestamptz is not distinct from $5`,
      [tx.tenantId, wave.campaignId, wave.n, JSON.stringify(service), wave.since],
    );
    return written === 1;
  },
};

const columnsOf = (spans: readonly DeviceSpan[]) => [
  spans.map(({ deviceKey }) => deviceKey),
  spans.map(({ from }) => from),
  spans.map(({ to }) => to),
];

async function inChunks<T>(
  spans: readonly DeviceSpan[],
  read: (chunk: readonly DeviceSpan[]) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < spans.length; i += CHUNK) found.push(...(await read(spans.slice(i, i + CHUNK))));
  return found;
}

/** A beat that comes half an interval late is not missing; the silences before the first and after the last are the caller's. */
const COUNT_BEATS = `
  select b.*, exists (select from messages m where m.device_key = s.device_key and m.kind = ${messageKinds.heartbeat}
      and m.produced_at >= s.serves - 3 * s.every * interval '1 second' and m.produced_at < s.serves) as "heardBefore"
  from unnest($1::int[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::timestamptz[])
    with ordinality s(device_key, starts, ends, every, serves, i)
  cross join lateral (
    select count(*)::int as beats, (count(*) filter (where failing))::int as errors, min(at) as first, max(at) as last,
      coalesce(sum(greatest(0, floor(silence / s.every - 0.5))), 0)::int as "between"
    from (select produced_at as at, extra->>'status' = 'error' as failing,
        extract(epoch from produced_at - lag(produced_at) over (order by produced_at)) as silence
      from messages m where m.device_key = s.device_key and m.kind = ${messageKinds.heartbeat}
        and m.produced_at >= s.starts and m.produced_at < s.ends) heard) b
  order by s.i`;

const MEANS = `
  select r.means from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality s(device_key, starts, ends, i)
  cross join lateral (select jsonb_object_agg(metric, mean) as means from (
    select u.metric, avg(${usableValue}) as mean from messages m cross join lateral ${readingsOfM}
    where m.device_key = s.device_key and m.kind = ${messageKinds.telemetry} and m.produced_at >= s.starts and m.produced_at < s.ends
      and m.produced_at + u.dt * interval '1 millisecond' >= s.starts and u.metric = any($4::int[])
    group by u.metric having count(${usableValue}) > 0) each) r
  order by s.i`;

/** Places are known from the newest values: the rollup's key needs them before the hour. */
const HOURLY_MEANS = `
  select r.means from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) with ordinality s(device_key, starts, ends, i)
  cross join lateral (select jsonb_object_agg(metric, mean) as means from (
    select h.metric, sum(h.sum) / sum(h.n) as mean from latest_values l join telemetry_hourly h
      on h.device_key = l.device_key and h.place_id = l.place_id and h.metric = l.metric
    where l.device_key = s.device_key and l.metric = any($4::int[]) and h.bucket >= s.starts
      and h.bucket <= s.ends - interval '1 hour'
    group by h.metric) each) r
  order by s.i`;
