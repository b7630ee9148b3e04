import type { Tx } from '../transaction.js';

export interface RetryList {
  /** In the order of the campaign. */
  readonly deviceIds: readonly string[];
  /** More than a list of targets holds. */
  readonly left: number;
}

export const retryListStore = {
  /**
   * Devices whose newest execution in a campaign failed or ran out of time: a refusal says that trying again is
   * pointless. Those that a retry of this campaign has in hand, or has brought through, are left out.
   */
  async of(tx: Tx, campaignId: string, limit: number): Promise<RetryList> {
    const rows = await tx.query<{ deviceId: string; of: number }>(
      `select e.device_id as "deviceId", count(*) over ()::int as of from executions e
       where e.tenant_id = $1 and e.campaign_id = $2 and e.state in ('failed', 'timed_out', 'in_doubt')
         and not exists (select from executions n where n.tenant_id = e.tenant_id and n.campaign_id = e.campaign_id
           and n.device_id = e.device_id and n.attempt > e.attempt)
         and not exists (select from executions o join campaigns c on c.tenant_id = o.tenant_id and c.id = o.campaign_id
           where c.tenant_id = e.tenant_id and c.retry_of = e.campaign_id and o.device_id = e.device_id
             and o.state not in ('failed', 'timed_out', 'in_doubt', 'cancelled', 'superseded', 'removed'))
       order by e.position limit $3`,
      [tx.tenantId, campaignId, limit],
    );
    return { deviceIds: rows.map((row) => row.deviceId), left: (rows[0]?.of ?? 0) - rows.length };
  },
};
