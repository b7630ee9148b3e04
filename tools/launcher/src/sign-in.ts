import { memberStore } from '@muster/persistence/access/member.store';
import { signInLinkStore } from '@muster/persistence/access/sign-in-link.store';
import { Database } from '@muster/persistence/database';
import type { Tx } from '@muster/persistence/transaction';
import { roleUrls } from '@muster/runtime/config/role-urls';

/**
 * A fresh one-time link for the owner of the first tenant, or for the member with this address. Whoever may read the data
 * folder may sign in. Throws when there is no such person.
 */
export async function makeSignInLink(ownerUrl: string, consoleUrl: string, email?: string): Promise<string> {
  const database = await Database.connect({ ...roleUrls(ownerUrl), poolMax: 2 });
  try {
    const token = await database.system(async (tx) => {
      const [tenant] = await tx.query<{ id: string }>('select id from tenants order by created_at, id limit 1');
      const owner = tenant ? await memberStore.firstOwner(tx, tenant.id) : null;
      if (!tenant || !owner) throw new Error('nobody owns this installation yet: start the api once');
      const person = email === undefined ? owner : await memberOf(tx, tenant.id, email);
      const link = await signInLinkStore.create(tx, { tenantId: tenant.id, userId: person.userId }, new Date());
      return link.token;
    });
    return `${consoleUrl}/sign-in?token=${token}`;
  } finally {
    await database.close();
  }
}

async function memberOf(tx: Tx, tenantId: string, email: string): Promise<{ userId: string }> {
  const [member] = await tx.query<{ userId: string }>(
    `select u.id as "userId" from users u join memberships m on m.user_id = u.id where m.tenant_id = $1 and u.email = $2`,
    [tenantId, email],
  );
  if (!member) throw new Error(`${email} is nobody here`);
  return member;
}
