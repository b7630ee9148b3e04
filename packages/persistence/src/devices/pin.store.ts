import type { Selector } from '@muster/contracts/devices/devices.schema';
import { holders, letGo } from '../campaigns/pinned-targets.js';
import type { Tx } from '../transaction.js';
import { compileSelector } from './compile-selector.js';

export interface Pinned {
  readonly matched: number;
  readonly changed: number;
  /** Updates that were still to come. */
  readonly removed: number;
}

export const pinStore = {
  /**
   * Pins every device the selector matches to the release it runs, or lets it go; those that are already so stay
   * untouched. A pinned device leaves the campaigns it waits in; an update that has begun goes on.
   */
  async pin(tx: Tx, selector: Selector, pinned: boolean, now: Date): Promise<Pinned> {
    // Campaigns before devices, as everybody locks them.
    const campaigns = pinned ? await holders(tx, selector) : [];
    const params: unknown[] = [tx.tenantId, pinned, now];
    const condition = compileSelector(selector, params);
    const [counts] = await tx.query<{ matched: number; changed: number }>(
      `with matched as (select d.id, d.pinned from devices d
         where d.tenant_id = $1 and d.state not in ('decommissioning', 'decommissioned') and (${condition})
         order by d.id for no key update),
       changed as (update devices d set pinned = $2, version = d.version + 1, updated_at = $3
         from matched m where d.tenant_id = $1 and d.id = m.id and m.pinned <> $2 returning d.id)
       select (select count(*)::int from matched) as matched, (select count(*)::int from changed) as changed`,
      params,
    );
    return { ...counts!, removed: await letGo(tx, campaigns, now) };
  },
};
