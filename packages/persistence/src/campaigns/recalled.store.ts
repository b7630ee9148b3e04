import type { Tx } from '../transaction.js';

export interface RecalledRow {
  readonly executionId: string;
  readonly campaignId: string;
  readonly deviceId: string;
}

/** For so long a device that was away is told again what was recalled meanwhile. */
const TOLD = '24 hours';

export const recalledStore = {
  /** The newest update of a device, if it was recalled and the device may not have heard of it. */
  async ofDevice(tx: Tx, deviceId: string): Promise<RecalledRow | null> {
    const [row] = await tx.query<RecalledRow & { recalled: boolean }>(
      `select e.id as "executionId", e.campaign_id as "campaignId", e.device_id as "deviceId",
         c.kind = 'release' and e.since > now() - interval '${TOLD}' and ((e.state = 'queued' and e.reason_code = 'kill_switch')
           or (e.state in ('cancelled', 'superseded', 'removed') and e.offered_at is not null)) as recalled
       from executions e join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
       where e.tenant_id = $1 and e.device_id = $2 order by e.id desc limit 1`,
      [tx.tenantId, deviceId],
    );
    if (row === undefined || !row.recalled) return null;
    const { executionId, campaignId } = row;
    return { executionId, campaignId, deviceId };
  },
};
