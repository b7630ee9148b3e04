import type { Tx } from '../transaction.js';

/** Of devices that wait, so many are looked at to say whether anybody is there. */
const LOOKED_AT = 5_000;

/** How many of the devices that wait in these waves are connected, as far as it looks. */
export const onlineWaiting = async (tx: Tx, campaignId: string, waves: readonly number[]): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from (select e.device_id from executions e
       where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[])
         and e.state in ('queued', 'unreachable', 'deferred') limit ${LOOKED_AT}) w
     join device_state s on s.device_id = w.device_id and s.connected`,
    [tx.tenantId, campaignId, waves],
  );
  return row!.n;
};

/** Devices that deferred, by the reason they gave, most first. */
export const deferredReasons = (tx: Tx, campaignId: string): Promise<{ code: string; count: number }[]> =>
  tx.query(
    `select coalesce(reason_code, 'deferred') as code, count(*)::int as count from executions
     where tenant_id = $1 and campaign_id = $2 and state = 'deferred' group by 1 order by 2 desc, 1 limit 10`,
    [tx.tenantId, campaignId],
  );
