import { memberStore } from '@muster/persistence/access/member.store';
import type { Database } from '@muster/persistence/database';

const FIRST = { id: 'main', name: 'Main' };
const OWNER = { email: 'owner@localhost', name: 'Owner', role: 'owner' } as const;

/** A fresh installation gets one tenant with one owner, for whom the first sign-in link is printed. Changes nothing later. */
export const ensureFirstTenant = (database: Database): Promise<void> =>
  database.system(async (tx) => {
    // Two api processes may start at once on an empty database.
    await tx.query(`select pg_advisory_xact_lock(hashtext('muster.first-tenant'))`);
    const [oldest] = await tx.query<{ id: string }>('select id from tenants order by created_at, id limit 1');
    if (!oldest) await memberStore.ensureTenant(tx, FIRST);
    const tenantId = oldest?.id ?? FIRST.id;
    if (!(await memberStore.firstOwner(tx, tenantId))) await memberStore.add(tx, tenantId, OWNER);
  });
