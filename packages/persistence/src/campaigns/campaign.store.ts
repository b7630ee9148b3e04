import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionKind } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { tickedStates } from '@muster/domain/campaigns/campaign.machine';
import type { Tx } from '../transaction.js';

export interface CampaignRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly childId: string | null;
  readonly retryOf: string | null;
  readonly supersedes: string | null;
  readonly supersededBy: string | null;
  readonly kind: ExecutionKind;
  readonly name: string;
  readonly state: CampaignState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly releaseId: string | null;
  readonly releaseName: string | null;
  readonly releaseVersion: string | null;
  readonly releaseRevoked: boolean;
  readonly configId: string | null;
  readonly configNumber: number | null;
  readonly command: { name: string; args: Record<string, unknown> } | null;
  readonly selector: Selector;
  readonly plan: CampaignPlan;
  /** Frozen at launch. */
  readonly targets: number;
  readonly exclusions: number;
  readonly currentWave: number | null;
  readonly createdBy: string;
  readonly approvedBy: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly stalledAt: Date | null;
  /** Somebody asked for a look at it, though it may have ended. */
  readonly attentionAt: Date | null;
  /** When it is to start by itself. */
  readonly startAt: Date | null;
  readonly version: number;
}

export interface NewCampaignRow {
  readonly id: string;
  readonly parentId: string | null;
  readonly kind: ExecutionKind;
  readonly name: string;
  readonly state: CampaignState;
  readonly releaseId: string | null;
  readonly configId: string | null;
  readonly configNumber: number | null;
  readonly command: { name: string; args: Record<string, unknown> } | null;
  readonly selector: Selector;
  readonly plan: CampaignPlan;
  readonly createdBy: string;
  readonly retryOf?: string | null;
  readonly supersedes?: string | null;
}

export interface CampaignChange {
  readonly to: CampaignState;
  readonly code: string | null;
  readonly detail: string | null;
}

export interface CampaignFilter {
  readonly state?: CampaignState | undefined;
  readonly active?: boolean | undefined;
  readonly releaseId?: string | undefined;
}

export interface Lease {
  readonly campaignId: string;
  readonly owner: string;
  /** Grows with every lease taken; work done under an older one is refused. */
  readonly fence: number;
}

const columns = `c.id, c.parent_id as "parentId", c.kind, c.name, c.state, c.reason_code as "reasonCode",
  c.reason_detail as "reasonDetail", c.since, c.release_id as "releaseId", r.name as "releaseName",
  r.version as "releaseVersion", coalesce(r.state = 'revoked', false) as "releaseRevoked", c.config_id as "configId", c.config_number as "configNumber", c.command, c.selector,
  c.plan, coalesce((c.counters->>'targets')::int, 0) as targets, coalesce((c.counters->>'exclusions')::int, 0) as exclusions,
  c.current_wave as "currentWave", c.created_by as "createdBy", c.approved_by as "approvedBy", c.created_at as "createdAt",
  c.started_at as "startedAt", c.finished_at as "finishedAt", c.version, c.retry_of as "retryOf", c.supersedes,
  c.stalled_at as "stalledAt", c.attention_at as "attentionAt", c.start_at as "startAt", (select k.id from campaigns k where k.tenant_id = c.tenant_id and k.supersedes = c.id
    and k.state not in ('draft', 'awaiting_approval', 'denied', 'scheduled') order by k.created_at desc limit 1) as "supersededBy",
  (select k.id from campaigns k where k.tenant_id = c.tenant_id and k.parent_id = c.id order by k.created_at desc limit 1) as "childId"`;
const source = `campaigns c left join releases r on r.tenant_id = c.tenant_id and r.id = c.release_id`;

const ended = `('completed', 'completed_with_stragglers', 'failed', 'stopped', 'denied')`;

export const campaignStore = {
  async insert(tx: Tx, row: NewCampaignRow, now: Date): Promise<void> {
    await tx.execute(
      `insert into campaigns (tenant_id, id, parent_id, kind, name, state, since, release_id, config_id, config_number,
         command, selector, plan, created_by, created_at, retry_of, supersedes)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $7, $15, $16)`,
      [
        tx.tenantId,
        row.id,
        row.parentId,
        row.kind,
        row.name,
        row.state,
        now,
        row.releaseId,
        row.configId,
        row.configNumber,
        row.command === null ? null : JSON.stringify(row.command),
        JSON.stringify(row.selector),
        JSON.stringify(row.plan),
        row.createdBy,
        row.retryOf ?? null,
        row.supersedes ?? null,
      ],
    );
  },

  async get(tx: Tx, id: string): Promise<CampaignRow | null> {
    const [row] = await tx.query<CampaignRow>(`select ${columns} from ${source} where c.tenant_id = $1 and c.id = $2`, [
      tx.tenantId,
      id,
    ]);
    return row ?? null;
  },

  /** The row, locked to the end of the transaction: who changes a campaign takes this first. */
  async lock(tx: Tx, id: string): Promise<(CampaignRow & { fence: number }) | null> {
    const [row] = await tx.query<CampaignRow & { fence: number }>(
      `select ${columns}, c.fence from ${source} where c.tenant_id = $1 and c.id = $2 for update of c`,
      [tx.tenantId, id],
    );
    return row ?? null;
  },

  /** Newest first; `after` is the creation time and id of the last one shown. */
  list(
    tx: Tx,
    filter: CampaignFilter,
    after: readonly [createdAt: string, id: string] | null,
    limit: number,
  ): Promise<CampaignRow[]> {
    return tx.query<CampaignRow>(
      `select ${columns} from ${source}
       where c.tenant_id = $1 and ($2::text is null or c.state = $2) and ($3::uuid is null or c.release_id = $3)
         and ($4::boolean is null or (c.state not in ${ended}) = $4)
         and ($5::timestamptz is null or (c.created_at, c.id) < ($5, $6::uuid))
       order by c.created_at desc, c.id desc limit $7`,
      [
        tx.tenantId,
        filter.state ?? null,
        filter.releaseId ?? null,
        filter.active ?? null,
        after?.[0] ?? null,
        after?.[1] ?? null,
        limit,
      ],
    );
  },

  /** Changes the state of a campaign whose row the caller has locked; returns the new version. */
  async move(tx: Tx, id: string, change: CampaignChange, now: Date): Promise<number> {
    const [row] = await tx.query<{ version: number }>(
      `update campaigns set state = $3, reason_code = $4, reason_detail = $5, since = $6, version = version + 1, stalled_at = null,
         started_at = case when $3 = 'running' then coalesce(started_at, $6) else started_at end,
         finished_at = case when $3 in ${ended} then $6::timestamptz end
       where tenant_id = $1 and id = $2 returning version`,
      [tx.tenantId, id, change.to, change.code, change.detail, now],
    );
    return row!.version;
  },

  async setPlan(tx: Tx, id: string, plan: CampaignPlan): Promise<void> {
    await tx.execute('update campaigns set plan = $3, version = version + 1 where tenant_id = $1 and id = $2', [
      tx.tenantId,
      id,
      JSON.stringify(plan),
    ]);
  },

  /** Every campaign of the tenant in one of these states, locked to the end of the transaction. */
  lockAll(tx: Tx, states: readonly CampaignState[]): Promise<CampaignRow[]> {
    return tx.query<CampaignRow>(
      `select ${columns} from ${source} where c.tenant_id = $1 and c.state = any($2::text[]) order by c.id for update of c`,
      [tx.tenantId, states],
    );
  },

  /** Says that nothing moves, since now, or that something does again. */
  async setStalled(tx: Tx, id: string, at: Date | null): Promise<void> {
    await tx.execute('update campaigns set stalled_at = $3 where tenant_id = $1 and id = $2', [tx.tenantId, id, at]);
  },

  async setFrozen(tx: Tx, id: string, frozen: { targets: number; exclusions: number }): Promise<void> {
    await tx.execute('update campaigns set counters = $3 where tenant_id = $1 and id = $2', [
      tx.tenantId,
      id,
      JSON.stringify(frozen),
    ]);
  },

  /** Late devices became targets: what was decided without them is decided again. */
  async noteJoined(tx: Tx, id: string, devices: number, now: Date): Promise<void> {
    await tx.execute(
      `update campaigns set joined_at = $4, version = version + 1, counters = counters
         || jsonb_build_object('targets', coalesce((counters->>'targets')::int, 0) + $3::int)
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, id, devices, now],
    );
  },

  /** Something about it changed that no state says: pages and ticks that saw it before are stale. */
  async touch(tx: Tx, id: string): Promise<void> {
    await tx.execute('update campaigns set version = version + 1 where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  },

  async setCurrentWave(tx: Tx, id: string, wave: number): Promise<void> {
    await tx.execute('update campaigns set current_wave = $3 where tenant_id = $1 and id = $2', [
      tx.tenantId,
      id,
      wave,
    ]);
  },

  async approve(tx: Tx, id: string, by: string): Promise<void> {
    await tx.execute('update campaigns set approved_by = $3 where tenant_id = $1 and id = $2', [tx.tenantId, id, by]);
  },

  /** Asks for a look at a campaign that may have ended: something was heard that could change its verdict. */
  async callAttention(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute(
      `update campaigns set attention_at = greatest($3, attention_at + interval '1 millisecond')
       where tenant_id = $1 and id = $2 and (attention_at is null or state <> all($4::text[]))`,
      [tx.tenantId, id, now, tickedStates],
    );
  },

  /** The look that was asked for at `at` was taken; one that was asked for since, by whatever clock, is still due. */
  async attended(tx: Tx, id: string, at: Date): Promise<void> {
    await tx.execute(
      'update campaigns set attention_at = null where tenant_id = $1 and id = $2 and attention_at = $3',
      [tx.tenantId, id, at],
    );
  },

  /** What a tick has to look at, across tenants (system transaction). */
  due(tx: Tx): Promise<{ tenantId: string; id: string }[]> {
    return tx.query(
      `select tenant_id as "tenantId", id from campaigns where state = any($1::text[]) or attention_at is not null
       order by attention_at nulls last, id`,
      [tickedStates],
    );
  },

  /**
   * Takes the campaign for one ticker, or null when another holds it. The fence it returns outlives the lease: a ticker
   * that was stopped for a while and comes back finds a higher fence and cannot write.
   */
  async takeLease(tx: Tx, id: string, owner: string, now: Date, until: Date): Promise<Lease | null> {
    const [row] = await tx.query<{ fence: number }>(
      `update campaigns set lease_owner = $3, lease_until = $5, fence = fence + 1
       where (tenant_id, id) in (select tenant_id, id from campaigns
         where tenant_id = $1 and id = $2 and (lease_until is null or lease_until <= $4 or lease_owner = $3)
         for update skip locked)
       returning fence`,
      [tx.tenantId, id, owner, now, until],
    );
    return row === undefined ? null : { campaignId: id, owner, fence: row.fence };
  },

  /** Gives the lease back, unless somebody else has taken it since. */
  async releaseLease(tx: Tx, lease: Lease): Promise<void> {
    await tx.execute(
      'update campaigns set lease_owner = null, lease_until = null where tenant_id = $1 and id = $2 and fence = $3',
      [tx.tenantId, lease.campaignId, lease.fence],
    );
  },
};
