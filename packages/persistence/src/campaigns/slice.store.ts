import type { ExecutionState, SliceAttribute } from '@muster/contracts/campaigns/executions.schema';
import { waitingStates } from '@muster/domain/campaigns/execution.machine';
import type { Tx } from '../transaction.js';
import { type MatchedDevice, targetStore } from './target.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

/** Devices that have something in common, as the failure clusters name it. */
export interface Slice {
  readonly attribute: SliceAttribute;
  readonly value: string;
}

/** Where an attribute stands, of a device `d` that is target `t`. */
const columns: Record<SliceAttribute, string> = {
  model: 'd.model',
  site: 'd.site',
  hardwareRevision: 'd.hardware_revision',
  fromVersion: 't.previous_version',
  agentVersion: 'd.agent_version',
  class: 'd.class',
};

const facts: Record<SliceAttribute, (device: MatchedDevice) => string | null> = {
  model: (device) => device.model,
  site: (device) => device.site,
  hardwareRevision: (device) => device.hardwareRevision,
  fromVersion: (device) => device.previousVersion,
  agentVersion: (device) => device.agentVersion,
  class: (device) => device.class,
};

export const inSlice = (slice: Slice, device: MatchedDevice): boolean => facts[slice.attribute](device) === slice.value;

/** The reason of an exclusion that somebody asked for. */
export const BY_OPERATOR = 'excluded_by_operator';

const words: Record<SliceAttribute, string> = {
  model: 'model',
  site: 'site',
  hardwareRevision: 'hardware revision',
  fromVersion: 'previous version',
  agentVersion: 'agent version',
  class: 'class',
};
export const nameSlice = ({ attribute, value }: Slice): string => `${words[attribute]} ${value}`;

export const sliceStore = {
  /**
   * Takes the waiting devices of a slice out of a campaign whose row the caller has locked. What failed there is not
   * tried again either. Returns the devices that were still to come.
   */
  async remove(
    tx: Tx,
    campaignId: string,
    slice: Slice,
    reason: string,
    now: Date,
  ): Promise<{ executionId: string; deviceId: string }[]> {
    const detail = `${nameSlice(slice)}: ${reason}`;
    const rows = await tx.query<{ id: string; deviceId: string; wave: number; was: ExecutionState }>(
      `with slice as (select e.id, e.state from executions e
         join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
         join campaign_targets t on t.tenant_id = e.tenant_id and t.campaign_id = e.campaign_id and t.device_id = e.device_id
         where e.tenant_id = $1 and e.campaign_id = $2 and e.state = any($3::text[]) and ${columns[slice.attribute]} = $4
         order by e.id for update of e)
       update executions e set state = 'removed', reason_code = '${BY_OPERATOR}', reason_detail = $5, since = $6,
         finished_at = $6, not_before = null, version = e.version + 1
       from slice s where e.tenant_id = $1 and e.id = s.id
       returning e.id, e.device_id as "deviceId", e.wave, s.state as was`,
      [tx.tenantId, campaignId, waitingStates, slice.value, detail, now],
    );
    await tx.execute(
      `insert into campaign_exclusions (tenant_id, campaign_id, device_id, reason_code, reason_detail)
       select distinct $1, $2::uuid, e.device_id, '${BY_OPERATOR}', $4
       from executions e
       join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
       join campaign_targets t on t.tenant_id = e.tenant_id and t.campaign_id = e.campaign_id and t.device_id = e.device_id
       where e.tenant_id = $1 and e.campaign_id = $2 and ${columns[slice.attribute]} = $3
         and e.state in ('removed', 'failed', 'timed_out', 'in_doubt')
       on conflict (tenant_id, campaign_id, device_id)
         do update set reason_code = excluded.reason_code, reason_detail = excluded.reason_detail`,
      [tx.tenantId, campaignId, slice.value, detail],
    );
    const deltas = new CountDeltas();
    for (const row of rows) deltas.add(row.wave, row.was, 'removed');
    await waveStore.count(tx, campaignId, deltas, now);
    await waveStore.skipDeserted(tx, campaignId, now);
    await targetStore.recountExclusions(tx, campaignId);
    return rows.map(({ id, deviceId }) => ({ executionId: id, deviceId }));
  },

  /** Slices that were taken out of a campaign: who comes late from one stays out too. */
  removed(tx: Tx, campaignId: string): Promise<Slice[]> {
    return tx.query<Slice>(
      `select inputs->>'attribute' as attribute, inputs->>'value' as value from decision_records
       where tenant_id = $1 and campaign_id = $2 and kind = 'slice_excluded'`,
      [tx.tenantId, campaignId],
    );
  },
};
