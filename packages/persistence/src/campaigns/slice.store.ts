import type { SliceAttribute } from '@muster/contracts/campaigns/executions.schema';
import type { Tx } from '../transaction.js';
import { type LeftOut, leaveOut } from './leave-out.js';
import { type MatchedDevice, targetStore } from './target.store.js';

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
   * tried again either.
   */
  async remove(tx: Tx, campaignId: string, slice: Slice, reason: string, now: Date): Promise<LeftOut> {
    const why = { code: BY_OPERATOR, detail: `${nameSlice(slice)}: ${reason}` };
    const targets = await tx.query<{ deviceId: string; failed: boolean }>(
      `select t.device_id as "deviceId", exists (select from executions e where e.tenant_id = t.tenant_id
         and e.campaign_id = t.campaign_id and e.device_id = t.device_id and e.state in ('failed', 'timed_out', 'in_doubt')) as failed
       from campaign_targets t join devices d on d.tenant_id = t.tenant_id and d.id = t.device_id
       where t.tenant_id = $1 and t.campaign_id = $2 and ${columns[slice.attribute]} = $3`,
      [tx.tenantId, campaignId, slice.value],
    );
    const failed = targets.filter((target) => target.failed);
    await targetStore.exclude(
      tx,
      campaignId,
      failed.map(({ deviceId }) => ({ deviceId, ...why })),
    );
    return leaveOut(
      tx,
      campaignId,
      targets.map((target) => target.deviceId),
      why,
      now,
    );
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
