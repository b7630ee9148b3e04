import { memberStore } from '@muster/persistence/access/member.store';
import { signInLinkStore } from '@muster/persistence/access/sign-in-link.store';
import { Database } from '@muster/persistence/database';
import { roleUrls } from '@muster/runtime/config/role-urls';

/** A fresh one-time link for the owner of the first tenant. Whoever may read the data folder may sign in. */
export async function makeSignInLink(ownerUrl: string, consoleUrl: string): Promise<string> {
  const database = await Database.connect({ ...roleUrls(ownerUrl), poolMax: 2 });
  try {
    const token = await database.system(async (tx) => {
      const [tenant] = await tx.query<{ id: string }>('select id from tenants order by created_at, id limit 1');
      const owner = tenant ? await memberStore.firstOwner(tx, tenant.id) : null;
      if (!tenant || !owner) throw new Error('nobody owns this installation yet: start the api once');
      const link = await signInLinkStore.create(tx, { tenantId: tenant.id, userId: owner.userId }, new Date());
      return link.token;
    });
    return `${consoleUrl}/sign-in?token=${token}`;
  } finally {
    await database.close();
  }
}
