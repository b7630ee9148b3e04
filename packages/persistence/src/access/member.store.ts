import type { Role } from '@muster/contracts/access/permissions';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface MemberRow {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
}

/** People and the tenants they belong to. Making people crosses tenants, so it needs a system transaction. */
export const memberStore = {
  /** Makes the tenant when it does not exist; an existing one keeps its name. */
  async ensureTenant(tx: Tx, tenant: { id: string; name: string }): Promise<void> {
    await tx.execute('insert into tenants (id, name) values ($1, $2) on conflict (id) do nothing', [
      tenant.id,
      tenant.name,
    ]);
  },

  async tenantName(tx: Tx, tenantId: string): Promise<string | null> {
    const [row] = await tx.query<{ name: string }>('select name from tenants where id = $1', [tenantId]);
    return row?.name ?? null;
  },

  /** Puts a person into a tenant, making the person when the address is new. Null when they are in it already. */
  async add(tx: Tx, tenantId: string, person: { email: string; name: string; role: Role }): Promise<MemberRow | null> {
    const [user] = await tx.query<{ id: string }>(
      `insert into users (id, email, name) values ($1, lower($2), $3)
       on conflict (email) do update set email = excluded.email returning id`,
      [uuidv7(), person.email, person.name],
    );
    const added = await tx.execute(
      'insert into memberships (tenant_id, user_id, role) values ($1, $2, $3) on conflict do nothing',
      [tenantId, user!.id, person.role],
    );
    return added === 0 ? null : memberStore.find(tx, tenantId, user!.id);
  },

  async find(tx: Tx, tenantId: string, userId: string): Promise<MemberRow | null> {
    const [row] = await tx.query<MemberRow>(
      `select m.user_id as "userId", u.email, u.name, m.role, m.created_at as "createdAt"
       from memberships m join users u on u.id = m.user_id where m.tenant_id = $1 and m.user_id = $2`,
      [tenantId, userId],
    );
    return row ?? null;
  },

  /** The oldest owner of a tenant: whom a sign-in link printed on the terminal is for. */
  async firstOwner(tx: Tx, tenantId: string): Promise<MemberRow | null> {
    const [row] = await tx.query<{ userId: string }>(
      `select user_id as "userId" from memberships where tenant_id = $1 and role = 'owner' order by created_at, user_id limit 1`,
      [tenantId],
    );
    return row ? memberStore.find(tx, tenantId, row.userId) : null;
  },

  /** Members by address, after `afterEmail`. */
  list(tx: Tx, afterEmail: string | null, limit: number): Promise<MemberRow[]> {
    return tx.query<MemberRow>(
      `select m.user_id as "userId", u.email, u.name, m.role, m.created_at as "createdAt"
       from memberships m join users u on u.id = m.user_id
       where ($1::text is null or u.email > $1) order by u.email limit $2`,
      [afterEmail, limit],
    );
  },
};
