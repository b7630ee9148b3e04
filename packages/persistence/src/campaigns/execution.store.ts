import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import {
  busyStates,
  holdsSlot,
  isBusy,
  isLive,
  liveStates,
  waitingStates,
} from '@muster/domain/campaigns/execution.machine';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { noteVolume } from './note-volume.js';
import { isPenalised, penalise } from './penalty.store.js';
import { tellTimeline } from './tell-timeline.js';
import { CountDeltas, waveStore } from './wave.store.js';

export interface ExecutionRow {
  readonly id: string;
  readonly campaignId: string;
  readonly campaignName: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly attempt: number;
  readonly wave: number;
  readonly position: number;
  readonly state: ExecutionState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly phase: string | null;
  readonly progress: number | null;
  readonly releaseId: string | null;
  readonly releaseVersion: string | null;
  readonly previousVersion: string | null;
  readonly offeredAt: Date | null;
  readonly deadlineAt: Date | null;
  readonly notBefore: Date | null;
  readonly finishedAt: Date | null;
  readonly provisional: boolean;
  readonly version: number;
}

/** An execution with what its device's report is judged by. */
export interface ReportedRow extends ExecutionRow {
  readonly kind: 'release' | 'config' | 'command';
  readonly isRollback: boolean;
  readonly stepTimeoutS: number;
  /** Installed, a device may wait this long before it restarts. */
  readonly jitterS: number;
  readonly deviceSoakS: number;
  /** What the device's heartbeats say it runs. */
  readonly firmwareVersion: string | null;
}

export interface ExecutionChange {
  readonly state: ExecutionState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly phase?: string | null;
  readonly progress?: number | null;
  readonly provisional?: boolean;
  /** With `deferred`: it is not offered again before this. */
  readonly notBefore?: Date | null;
  /** Bytes of the artifact that came over the wire since the last change. */
  readonly bytes?: number;
}

const isWaiting = (state: ExecutionState): boolean => waitingStates.some((waiting) => waiting === state);

/** The device said yes, or works as if it had. */
const begun: ReadonlySet<ExecutionState> = new Set(busyStates.filter((s) => s !== 'offered' && s !== 'rolling_back'));
const booted: ReadonlySet<ExecutionState> = new Set(['verifying', 'soaking']);

const columns = `e.id, e.campaign_id as "campaignId", c.name as "campaignName", e.device_id as "deviceId",
  d.name as "deviceName", e.attempt, e.wave, e.position, e.state, e.reason_code as "reasonCode",
  e.reason_detail as "reasonDetail", e.since, e.phase, e.progress, e.release_id as "releaseId",
  r.version as "releaseVersion", t.previous_version as "previousVersion", e.offered_at as "offeredAt",
  e.deadline_at as "deadlineAt", e.not_before as "notBefore", e.finished_at as "finishedAt", e.provisional, e.version`;
const reported = `${columns}, c.kind, c.parent_id is not null as "isRollback", (c.plan->>'stepTimeoutS')::int as "stepTimeoutS",
  coalesce((c.plan->>'jitterS')::int, 0) as "jitterS", (c.plan->>'deviceSoakS')::int as "deviceSoakS",
  d.firmware_version as "firmwareVersion"`;
const source = `executions e
  join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
  join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
  left join campaign_targets t on t.tenant_id = e.tenant_id and t.campaign_id = e.campaign_id and t.device_id = e.device_id
  left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id`;

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/** When a device that entered this step, or was heard at it, has been at it for too long. */
const stepEnds = (row: ReportedRow, state: ExecutionState, now: Date): Date =>
  after(now, row.stepTimeoutS + (state === 'installing' ? row.jitterS : 0));

export const executionStore = {
  /** By state, newest change first is not stable; position is: `after` is the last position and id shown. */
  list(
    tx: Tx,
    campaignId: string,
    filter: { state?: ExecutionState | undefined; wave?: number | undefined },
    last: readonly [position: number, id: string] | null,
    limit: number,
  ): Promise<ExecutionRow[]> {
    return tx.query<ExecutionRow>(
      `select ${columns} from ${source}
       where e.tenant_id = $1 and e.campaign_id = $2 and ($3::text is null or e.state = $3) and ($4::int is null or e.wave = $4)
         and ($5::int is null or (e.position, e.id) > ($5, $6::uuid))
       order by e.position, e.id limit $7`,
      [tx.tenantId, campaignId, filter.state ?? null, filter.wave ?? null, last?.[0] ?? null, last?.[1] ?? null, limit],
    );
  },

  /** Updates of one device, newest first. */
  ofDevice(tx: Tx, deviceId: string, beforeId: string | null, limit: number): Promise<ExecutionRow[]> {
    return tx.query<ExecutionRow>(
      `select ${columns} from ${source}
       where e.tenant_id = $1 and e.device_id = $2 and ($3::uuid is null or e.id < $3) order by e.id desc limit $4`,
      [tx.tenantId, deviceId, beforeId, limit],
    );
  },

  /** The execution a report is about, locked; null when it is not this device's. */
  async lock(tx: Tx, id: string, deviceId: string): Promise<ReportedRow | null> {
    const [row] = await tx.query<ReportedRow>(
      `select ${reported}
       from ${source} where e.tenant_id = $1 and e.id = $2 and e.device_id = $3 for update of e`,
      [tx.tenantId, id, deviceId],
    );
    return row ?? null;
  },

  /** The live execution of a device in a campaign of this kind, locked. */
  async lockLive(tx: Tx, deviceId: string, kind: 'release' | 'config' | 'command'): Promise<ReportedRow | null> {
    const [row] = await tx.query<ReportedRow>(
      `select ${reported}
       from ${source} where e.tenant_id = $1 and e.device_id = $2 and c.kind = $3 and e.state = any($4::text[]) for update of e`,
      [tx.tenantId, deviceId, kind, liveStates],
    );
    return row ?? null;
  },

  /**
   * The newest confirmed update of a device that now reports another version, locked. Null while an update is under way,
   * and when a later one, even one we had given up, explains what the device runs.
   */
  async lockFellBack(tx: Tx, deviceId: string): Promise<ReportedRow | null> {
    const [row] = await tx.query<ReportedRow>(
      `select ${reported}
       from ${source} where e.tenant_id = $1 and e.device_id = $2 and c.kind = 'release'
         and e.state in ('succeeded', 'rolled_back') and d.firmware_version <> r.version
         and not exists (select from executions o left join releases n on n.tenant_id = o.tenant_id and n.id = o.release_id
           where o.tenant_id = e.tenant_id and o.device_id = e.device_id and (o.state = any($3::text[])
             or (o.offered_at > e.offered_at and (o.state in ('succeeded', 'rolled_back') or n.version = d.firmware_version))))
       order by e.offered_at desc limit 1 for update of e`,
      [tx.tenantId, deviceId, busyStates],
    );
    return row ?? null;
  },

  /**
   * Moves a locked execution on a device's word: state, timers, the wave's counts and a letter, all or nothing. Leaving
   * a slot state frees the slot in the same commit.
   */
  async move(tx: Tx, row: ReportedRow, change: ExecutionChange, now: Date): Promise<void> {
    const { state, bytes = 0 } = change;
    const open = isLive(state);
    // A late word on what we had given up: the old deadline may be over, and the campaign's end too.
    const revived = isBusy(state) && !isLive(row.state) && !isWaiting(row.state);
    await tx.execute(
      `update executions set state = $3, reason_code = $4, reason_detail = $5, since = $6, phase = $7, progress = $8,
         provisional = $9, step_deadline_at = $10, soak_until = $11, finished_at = $12, version = version + 1,
         offered_at = coalesce(offered_at, case when $13 then $6::timestamptz end),
         deadline_at = case when $3 = 'deferred' then null else coalesce(case when not $18 then deadline_at end,
           case when $13 then $6::timestamptz + (
             select (c.plan->>'deadlineS')::int * interval '1 second' from campaigns c
             where c.tenant_id = executions.tenant_id and c.id = executions.campaign_id) end) end,
         accepted_at = coalesce(accepted_at, case when $14 then $6::timestamptz end),
         booted_at = coalesce(booted_at, case when $15 then $6::timestamptz end),
         not_before = $16, bytes_sent = bytes_sent + $17
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        row.id,
        state,
        change.reasonCode,
        change.reasonDetail,
        now,
        change.phase ?? (open ? state : row.state),
        change.progress ?? null,
        change.provisional ?? row.provisional,
        holdsSlot(state) ? stepEnds(row, state, now) : null,
        state === 'soaking' ? after(now, row.deviceSoakS) : null,
        open ? null : now,
        isBusy(state),
        begun.has(state),
        booted.has(state),
        change.notBefore ?? null,
        bytes,
        revived,
      ],
    );
    if (revived) await campaignStore.callAttention(tx, row.campaignId, now);
    if (isPenalised(state)) await penalise(tx, [row.deviceId], now);
    if (bytes > 0) await noteVolume(tx, row, bytes);
    const deltas = new CountDeltas();
    deltas.add(row.wave, row.state, state);
    await waveStore.count(tx, row.campaignId, deltas, now);
    const { campaignId, deviceId } = row;
    await tellTimeline(tx, [{ ...row, to: state, code: change.reasonCode }], now);
    await outbox.drop(tx, {
      tenantId: tx.tenantId!,
      type: 'execution.changed',
      key: deviceId,
      payload: { executionId: row.id, campaignId, deviceId, state },
    });
  },

  /** Bytes told by a report that came after a later one: they were fetched all the same, and count once. */
  async noteLateBytes(tx: Tx, row: ReportedRow, bytes: number): Promise<void> {
    const fresh = await tx.query(
      `update executions set bytes_sent = $3 where tenant_id = $1 and id = $2 and bytes_sent = 0 and bytes_spared = 0
       returning id`,
      [tx.tenantId, row.id, bytes],
    );
    if (fresh.length > 0) await noteVolume(tx, row, bytes);
  },

  /** The same state again: last value of progress, and the step's clock starts anew. No letter, no count. */
  async touch(
    tx: Tx,
    row: ReportedRow,
    progress: { phase: string | null; progress: number | null },
    now: Date,
  ): Promise<void> {
    if (!isBusy(row.state)) return;
    await tx.execute(
      `update executions set progress = coalesce($3, progress), phase = coalesce($4, phase),
         step_deadline_at = case when step_deadline_at is null then null else $5::timestamptz end
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, row.id, progress.progress, progress.phase, stepEnds(row, row.state, now)],
    );
  },
};
