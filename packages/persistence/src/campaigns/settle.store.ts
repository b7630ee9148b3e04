import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { type ExecutionEvent, execution, isLive } from '@muster/domain/campaigns/execution.machine';
import { v7 as uuidv7 } from 'uuid';
import type { NewLetter } from '../outbox/outbox.store.js';
import { deviceReleaseStore } from '../releases/device-release.store.js';
import type { Tx } from '../transaction.js';
import { isPenalised, penalise } from './penalty.store.js';
import { tellTimeline } from './tell-timeline.js';
import { CountDeltas, waveStore } from './wave.store.js';

interface LockedRow {
  readonly id: string;
  readonly deviceId: string;
  readonly wave: number;
  readonly site: string;
  readonly state: ExecutionState;
  readonly releaseId: string | null;
  readonly releaseVersion: string | null;
  readonly version: number;
}

export interface Moved {
  readonly row: LockedRow;
  readonly to: ExecutionState;
}

const told = (campaignId: string, moved: readonly Moved[], code: string | null) =>
  moved.map(({ row, to }) => ({ ...row, campaignId, to, code }));

/** What applying a tick has changed so far: counts and letters go out together at its end. */
export interface Outcome {
  readonly deltas: CountDeltas;
  readonly letters: NewLetter[];
}

const lockRows = (tx: Tx, ids: readonly string[]): Promise<LockedRow[]> =>
  tx.query(
    `select e.id, e.device_id as "deviceId", e.wave, e.site, e.state, e.release_id as "releaseId",
       r.version as "releaseVersion",
       e.version
     from executions e left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
     where e.tenant_id = $1 and e.id = any($2::uuid[]) order by e.id for update of e`,
    [tx.tenantId, ids],
  );

/** Those of `ids` that still are what the decision saw, with where `event` takes them. */
export async function stillAs(
  tx: Tx,
  ids: readonly string[],
  versions: ReadonlyMap<string, number>,
  event: ExecutionEvent,
): Promise<Moved[]> {
  const rows = await lockRows(tx, ids);
  return rows.flatMap((row) => {
    const step = execution.next(row.state, event);
    return row.version === versions.get(row.id) && step.kind === 'done' ? [{ row, to: step.state }] : [];
  });
}

const letter = (
  tx: Tx,
  type: string,
  campaignId: string,
  row: Pick<LockedRow, 'id' | 'deviceId'>,
  more: object = {},
): NewLetter => ({
  tenantId: tx.tenantId!,
  type,
  key: row.deviceId,
  payload: { executionId: row.id, campaignId, deviceId: row.deviceId, ...more },
});

/**
 * Applies what the server's clocks decided about single executions. An offer that is taken back is not made again within
 * the minute it counts in the plan's rate.
 */
export async function settle(
  tx: Tx,
  campaign: { id: string; parentId: string | null },
  moved: readonly Moved[],
  event: ExecutionEvent,
  code: string,
  out: Outcome,
  now: Date,
): Promise<void> {
  const provisional = event === 'time_out' || event === 'doubt';
  await tx.execute(
    `update executions e set state = m.state, reason_code = $4, reason_detail = null, since = $5, version = e.version + 1,
       phase = case when m.live then e.phase else coalesce(e.phase, m.was) end,
       provisional = case when $6 then not e.provisional else e.provisional end, step_deadline_at = null, soak_until = null,
       deadline_at = case when m.state = 'queued' then null else e.deadline_at end,
       not_before = case when m.state = 'queued' then e.offered_at + interval '60 seconds' else e.not_before end,
       finished_at = case when m.live or m.state = 'queued' then null else $5::timestamptz end
     from unnest($2::uuid[], $3::text[], $7::boolean[], $8::text[]) as m(id, state, live, was)
     where e.tenant_id = $1 and e.id = m.id`,
    [
      tx.tenantId,
      moved.map(({ row }) => row.id),
      moved.map(({ to }) => to),
      code,
      now,
      provisional,
      moved.map(({ to }) => isLive(to)),
      moved.map(({ row }) => row.state),
    ],
  );
  for (const { row, to } of moved) {
    out.deltas.add(row.wave, row.state, to);
    out.letters.push(letter(tx, 'execution.changed', campaign.id, row, { state: to }));
  }
  await tellTimeline(tx, told(campaign.id, moved, code), now);
  await penalise(
    tx,
    moved.filter(({ to }) => isPenalised(to)).map(({ row }) => row.deviceId),
    now,
  );
  const confirmed = moved.filter(({ to }) => to === 'succeeded' || to === 'rolled_back').map(({ row }) => row);
  await deviceReleaseStore.confirm(
    tx,
    confirmed.flatMap((row) =>
      row.releaseId === null ? [] : [{ deviceId: row.deviceId, releaseId: row.releaseId, campaignId: campaign.id }],
    ),
    now,
  );
  if (campaign.parentId === null) return;
  const back = moved
    .filter(({ to }) => to === 'rolled_back' || to === 'already_satisfied')
    .map(({ row }) => row.deviceId);
  await markReturned(tx, campaign.parentId, back, now);
}

/** In the parent, an update that was undone is no longer a success: its page shows the device as rolled back. */
async function markReturned(tx: Tx, parentId: string, deviceIds: readonly string[], now: Date): Promise<void> {
  if (deviceIds.length === 0) return;
  const rows = await tx.query<Pick<LockedRow, 'id' | 'deviceId' | 'wave' | 'state'>>(
    `select id, device_id as "deviceId", wave, state from executions
     where tenant_id = $1 and campaign_id = $2 and device_id = any($3::uuid[]) and state in ('succeeded', 'superseded')
     order by id for update`,
    [tx.tenantId, parentId, deviceIds],
  );
  const deltas = new CountDeltas();
  for (const row of rows) deltas.add(row.wave, row.state, 'rolled_back');
  await tx.execute(
    `update executions set state = 'rolled_back', reason_code = 'returned', since = $3, version = version + 1
     where tenant_id = $1 and id = any($2::uuid[])`,
    [tx.tenantId, rows.map((row) => row.id), now],
  );
  await waveStore.count(tx, parentId, deltas, now);
}

export async function offer(
  tx: Tx,
  campaignId: string,
  moved: readonly Moved[],
  times: { acceptBy: Date; deadlineAt: Date },
  out: Outcome,
  now: Date,
): Promise<void> {
  await tx.execute(
    `update executions set state = 'offered', reason_code = null, reason_detail = null, since = $3, offered_at = $3,
       deadline_at = $4, step_deadline_at = $5, finished_at = null, not_before = null, accepted_at = null, booted_at = null,
       phase = 'offered', progress = null, version = version + 1
     where tenant_id = $1 and id = any($2::uuid[])`,
    [tx.tenantId, moved.map(({ row }) => row.id), now, times.deadlineAt, times.acceptBy],
  );
  await tellTimeline(tx, told(campaignId, moved, null), now);
  for (const { row, to } of moved) {
    out.deltas.add(row.wave, row.state, to);
    out.letters.push(letter(tx, 'execution.offered', campaignId, row));
  }
}

/** Queues another attempt for each; the failed one stays as evidence and the wave counts the newest. */
export async function retry(
  tx: Tx,
  campaignId: string,
  ids: readonly string[],
  versions: ReadonlyMap<string, number>,
  out: Outcome,
  now: Date,
): Promise<void> {
  const rows = (await lockRows(tx, ids)).filter((row) => row.version === versions.get(row.id));
  await tx.execute(
    `with old as (update executions set provisional = false, version = version + 1
       where tenant_id = $1 and id = any($2::uuid[]) returning *)
     insert into executions (tenant_id, id, campaign_id, device_id, attempt, wave, position, site, state, reason_code, since,
       release_id, previous_release_id)
     select old.tenant_id, fresh.id, old.campaign_id, old.device_id, old.attempt + 1, old.wave, old.position, old.site,
       'queued', 'retry', $4, old.release_id, old.previous_release_id
     from old join unnest($2::uuid[], $3::uuid[]) as fresh(of, id) on fresh.of = old.id`,
    [tx.tenantId, rows.map((row) => row.id), rows.map(() => uuidv7()), now],
  );
  for (const row of rows) {
    out.deltas.add(row.wave, row.state, 'queued');
    out.letters.push(letter(tx, 'execution.changed', campaignId, row, { state: 'queued' }));
  }
}

/** Cancels everything of a campaign in these states; devices that were busy are told. */
export async function cancelAll(
  tx: Tx,
  campaignId: string,
  states: readonly ExecutionState[],
  code: string,
  out: Outcome,
  now: Date,
): Promise<void> {
  for (const state of states) {
    const rows = await tx.query<Pick<LockedRow, 'id' | 'deviceId' | 'wave'>>(
      `update executions set state = 'cancelled', reason_code = $4, since = $5, finished_at = $5, phase = coalesce(phase, $3),
         step_deadline_at = null, version = version + 1
       where tenant_id = $1 and campaign_id = $2 and state = $3
       returning id, device_id as "deviceId", wave`,
      [tx.tenantId, campaignId, state, code, now],
    );
    for (const row of rows) {
      out.deltas.add(row.wave, state, 'cancelled');
      if (isLive(state)) out.letters.push(letter(tx, 'execution.cancelled', campaignId, row));
    }
  }
}
