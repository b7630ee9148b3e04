import type { Tx } from '../transaction.js';
import type { CampaignRow } from './campaign.store.js';

/** What people change of a campaign before it starts. */
export type CampaignEdit = Pick<CampaignRow, 'name' | 'releaseId' | 'selector' | 'plan' | 'supersedes'>;

/** Campaigns before they start: what people change, and when it begins. */
export const draftStore = {
  /** Takes what a person changed: it is a draft again, and whatever was approved or scheduled before is void. */
  async edit(tx: Tx, id: string, edit: CampaignEdit, now: Date): Promise<void> {
    await tx.execute(
      `update campaigns set name = $3, release_id = $4, selector = $5, plan = $6, supersedes = $7, approved_by = null,
         start_at = null, version = version + 1, finished_at = null, state = 'draft',
         reason_code = case when state = 'draft' then reason_code else 'edit' end,
         reason_detail = case when state = 'draft' then reason_detail end,
         since = case when state = 'draft' then since else $8 end
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        id,
        edit.name,
        edit.releaseId,
        JSON.stringify(edit.selector),
        JSON.stringify(edit.plan),
        edit.supersedes,
        now,
      ],
    );
  },

  /** A scheduled start that did not come: it is a draft again, and whoever launches it says when. */
  async missStart(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute(
      `update campaigns set state = 'draft', reason_code = 'start_missed', reason_detail = null, since = $3, start_at = null,
         approved_by = null, version = version + 1
       where tenant_id = $1 and id = $2 and state = 'scheduled'`,
      [tx.tenantId, id, now],
    );
  },

  async schedule(tx: Tx, id: string, startAt: Date): Promise<void> {
    await tx.execute('update campaigns set start_at = $3 where tenant_id = $1 and id = $2', [tx.tenantId, id, startAt]);
  },

  /** Scheduled campaigns whose time has come, over all tenants whose kill switch is not engaged (system transaction). */
  startable(tx: Tx, now: Date): Promise<{ tenantId: string; id: string }[]> {
    return tx.query(
      `select c.tenant_id as "tenantId", c.id from campaigns c join tenants t on t.id = c.tenant_id
       where c.state = 'scheduled' and c.start_at <= $1 and t.kill_switch_at is null order by c.start_at, c.id`,
      [now],
    );
  },
};
