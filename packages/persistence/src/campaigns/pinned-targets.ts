import type { Selector } from '@muster/contracts/devices/devices.schema';
import { waitingStates } from '@muster/domain/campaigns/execution.machine';
import { compileSelector } from '../devices/compile-selector.js';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { leaveOut } from './leave-out.js';

/** Campaigns in which devices of a selector still wait, locked; a return is never held back by a pin. */
export async function holders(tx: Tx, selector: Selector): Promise<string[]> {
  const params: unknown[] = [tx.tenantId, waitingStates];
  const condition = compileSelector(selector, params);
  const rows = await tx.query<{ id: string }>(
    `select c.id from campaigns c
     where c.tenant_id = $1 and c.parent_id is null and c.finished_at is null and exists (
       select from executions e join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
       where e.tenant_id = c.tenant_id and e.campaign_id = c.id and e.state = any($2::text[]) and (${condition}))
     order by c.id for update of c`,
    params,
  );
  return rows.map((row) => row.id);
}

/** Takes pinned devices out of campaigns they still wait in. The caller has locked the campaigns, then the devices. */
export async function letGo(tx: Tx, campaignIds: readonly string[], now: Date): Promise<number> {
  let removed = 0;
  for (const campaignId of campaignIds) {
    const pinned = await tx.query<{ id: string }>(
      `select d.id from executions e join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id and d.pinned
       where e.tenant_id = $1 and e.campaign_id = $2 and e.state = any($3::text[])`,
      [tx.tenantId, campaignId, waitingStates],
    );
    if (pinned.length === 0) continue;
    const ids = pinned.map((device) => device.id);
    const left = await leaveOut(tx, campaignId, ids, { code: 'pinned', detail: null }, now);
    await campaignStore.touch(tx, campaignId);
    await outbox.dropAll(tx, [
      ...left.letters,
      { tenantId: tx.tenantId!, type: 'campaign.progressed', key: campaignId, payload: { campaignId } },
    ]);
    removed += left.removed;
  }
  return removed;
}
