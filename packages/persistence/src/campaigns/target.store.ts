import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { DeviceState, Selector } from '@muster/contracts/devices/devices.schema';
import { v7 as uuidv7 } from 'uuid';
import { compileSelector } from '../devices/compile-selector.js';
import type { Tx } from '../transaction.js';
import { campaignSiteStore } from './campaign-site.store.js';

/** A matched device with everything that decides whether it is a target. */
export interface MatchedDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly model: string;
  readonly hardwareRevision: string | null;
  readonly site: string | null;
  readonly class: string;
  readonly agentVersion: string | null;
  readonly state: DeviceState;
  readonly pinned: boolean;
  readonly version: string | null;
  readonly connected: boolean;
  readonly rollbackIndex: number | null;
  readonly blockedUntil: Date | null;
  readonly busyWith: string | null;
  /** Its last known good release: the newest it confirmed. */
  readonly previousReleaseId: string | null;
  readonly previousVersion: string | null;
}

export interface Target {
  readonly deviceId: string;
  readonly wave: number;
  readonly position: number;
  readonly releaseId: string | null;
  readonly previousReleaseId: string | null;
  readonly previousVersion: string | null;
  readonly state?: ExecutionState;
  readonly reasonCode?: string | null;
}

export interface ExclusionRow {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly reasonCode: string;
  readonly reasonDetail: string | null;
}

/** Rows per insert: large enough to be quick, small enough to keep a statement's parameters in memory. */
const CHUNK = 5_000;

const chunks = function* <T>(items: readonly T[]): Iterable<T[]> {
  for (let i = 0; i < items.length; i += CHUNK) yield items.slice(i, i + CHUNK);
};

export interface Matching {
  /** A campaign that lets its devices go: being in it keeps nobody out. */
  readonly leaving?: string | null;
  /** Only devices this campaign has not judged, and those it left out for a state that is over. */
  readonly newTo?: string;
}

const newTo = (bound: string): string => `
  and not exists (select from campaign_targets t
    where t.tenant_id = d.tenant_id and t.campaign_id = ${bound} and t.device_id = d.id)
  and not exists (select from campaign_exclusions x
    where x.tenant_id = d.tenant_id and x.campaign_id = ${bound} and x.device_id = d.id
      and not (d.state = 'active' and x.reason_code in ('not_active', 'in_maintenance', 'quarantined')))`;

export const targetStore = {
  /** Every device the selector matches, with the facts that make it a target or an exclusion. */
  match(tx: Tx, selector: Selector, { leaving = null, newTo: campaign }: Matching = {}): Promise<MatchedDevice[]> {
    const params: unknown[] = [tx.tenantId, leaving];
    const condition = compileSelector(selector, params);
    const unjudged = campaign === undefined ? '' : newTo(`$${params.push(campaign)}::uuid`);
    return tx.query<MatchedDevice>(
      `select d.id as "deviceId", d.name, d.model, d.hardware_revision as "hardwareRevision", d.class,
         d.agent_version as "agentVersion", d.site, d.state, d.pinned, d.firmware_version as version,
         coalesce(s.connected, false) as connected, r.rollback_index as "rollbackIndex",
         d.updates_blocked_until as "blockedUntil", busy.name as "busyWith",
         good.release_id as "previousReleaseId", coalesce(good.version, d.firmware_version) as "previousVersion"
       from devices d
       left join device_state s on s.device_key = d.device_key
       left join lateral (select h.release_id, h.version from device_releases h
         where h.tenant_id = d.tenant_id and h.device_id = d.id order by h.n desc limit 1) good on true
       left join releases r on r.tenant_id = d.tenant_id and r.id = good.release_id
       left join lateral (select c.name from executions e
         join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
         where e.tenant_id = d.tenant_id and e.device_id = d.id and ($2::uuid is null or c.id <> $2)
           and e.state in ('queued', 'unreachable', 'offered', 'accepted', 'deferred', 'downloading', 'downloaded',
             'installing', 'rebooting', 'verifying', 'soaking', 'rolling_back')
           and c.state in ('preparing', 'running', 'held', 'halted', 'pausing', 'paused', 'stopping', 'rolling_back')
         limit 1) busy on true
       where d.tenant_id = $1 and (${condition}) ${unjudged}`,
      params,
    );
  },

  /** Of these ids, those no device of the tenant has, as they were given. */
  async unknown(tx: Tx, ids: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select i.id from unnest($2::uuid[]) with ordinality as i(id, n)
       where not exists (select from devices d where d.tenant_id = $1 and d.id = i.id) order by i.n`,
      [tx.tenantId, ids],
    );
    return rows.map((row) => row.id);
  },

  /** How many devices a selector matches, counted up to `most`. */
  async count(tx: Tx, selector: Selector, most: number): Promise<number> {
    const params: unknown[] = [tx.tenantId];
    const condition = compileSelector(selector, params);
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from (select from devices d where d.tenant_id = $1 and (${condition})
         limit $${params.push(most)}) counted`,
      params,
    );
    return row!.n;
  },

  /** Freezes targets and queues an execution for each, in one go. */
  async freeze(tx: Tx, campaignId: string, targets: readonly Target[], now: Date): Promise<void> {
    for (const part of chunks(targets)) {
      const column = <K extends keyof Target>(key: K): (Target[K] | null)[] =>
        part.map((target) => target[key] ?? null);
      await tx.execute(
        `insert into campaign_targets (tenant_id, campaign_id, device_id, wave, position, previous_release_id, previous_version)
         select $1, $2, * from unnest($3::uuid[], $4::int[], $5::int[], $6::uuid[], $7::text[])`,
        [
          tx.tenantId,
          campaignId,
          column('deviceId'),
          column('wave'),
          column('position'),
          column('previousReleaseId'),
          column('previousVersion'),
        ],
      );
      await tx.execute(
        `insert into executions (tenant_id, campaign_id, since, id, device_id, wave, position, release_id, previous_release_id,
           state, reason_code, finished_at, site)
         select $1, $2, $3, t.*, case when t.state <> 'queued' then $3::timestamptz end, coalesce(d.site, '')
         from unnest($4::uuid[], $5::uuid[], $6::int[], $7::int[], $8::uuid[], $9::uuid[], $10::text[], $11::text[])
           as t(id, device_id, wave, position, release_id, previous_release_id, state, reason_code)
         join devices d on d.tenant_id = $1 and d.id = t.device_id`,
        [
          tx.tenantId,
          campaignId,
          now,
          part.map(() => uuidv7()),
          column('deviceId'),
          column('wave'),
          column('position'),
          column('releaseId'),
          column('previousReleaseId'),
          part.map((target) => target.state ?? 'queued'),
          column('reasonCode'),
        ],
      );
      await campaignSiteStore.add(tx, campaignId, column('deviceId'));
    }
  },

  /** Left out, with the reason; who was left out before has the newest one. */
  async exclude(
    tx: Tx,
    campaignId: string,
    exclusions: readonly { deviceId: string; code: string; detail: string | null }[],
  ): Promise<void> {
    for (const part of chunks(exclusions))
      await tx.execute(
        `insert into campaign_exclusions (tenant_id, campaign_id, device_id, reason_code, reason_detail)
         select $1, $2, * from unnest($3::uuid[], $4::text[], $5::text[])
         on conflict (tenant_id, campaign_id, device_id)
           do update set reason_code = excluded.reason_code, reason_detail = excluded.reason_detail`,
        [tx.tenantId, campaignId, part.map((e) => e.deviceId), part.map((e) => e.code), part.map((e) => e.detail)],
      );
  },

  /** Keeps the number on the campaign's page after rows were added or taken away. */
  async recountExclusions(tx: Tx, campaignId: string): Promise<void> {
    await tx.execute(
      `update campaigns set counters = counters || jsonb_build_object('exclusions',
         (select count(*) from campaign_exclusions x where x.tenant_id = $1 and x.campaign_id = $2))
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, campaignId],
    );
  },

  /** By device name; `after` is the last name and id shown. */
  exclusions(
    tx: Tx,
    campaignId: string,
    after: readonly [name: string, id: string] | null,
    limit: number,
  ): Promise<ExclusionRow[]> {
    return tx.query<ExclusionRow>(
      `select x.device_id as "deviceId", d.name as "deviceName", x.reason_code as "reasonCode", x.reason_detail as "reasonDetail"
       from campaign_exclusions x join devices d on d.tenant_id = x.tenant_id and d.id = x.device_id
       where x.tenant_id = $1 and x.campaign_id = $2 and ($3::text is null or (d.name, d.id) > ($3, $4::uuid))
       order by d.name, d.id limit $5`,
      [tx.tenantId, campaignId, after?.[0] ?? null, after?.[1] ?? null, limit],
    );
  },

  /** The newest campaign that matched the device and left it out. */
  async lastExclusion(
    tx: Tx,
    deviceId: string,
  ): Promise<{ campaignName: string; code: string; detail: string | null; at: Date } | null> {
    const [row] = await tx.query<{ campaignName: string; code: string; detail: string | null; at: Date }>(
      `select c.name as "campaignName", x.reason_code as code, x.reason_detail as detail, c.created_at as at
       from campaign_exclusions x join campaigns c on c.tenant_id = x.tenant_id and c.id = x.campaign_id
       where x.tenant_id = $1 and x.device_id = $2 order by c.created_at desc limit 1`,
      [tx.tenantId, deviceId],
    );
    return row ?? null;
  },
};
