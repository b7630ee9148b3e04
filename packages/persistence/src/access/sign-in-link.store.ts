import type { Tx } from '../transaction.js';
import { hashSecret, mintSecret } from './secret.js';

const LIFE_MS = 15 * 60_000;

export interface SignInLink {
  /** Goes into the link and is kept nowhere. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** Links that sign a person in once, within 15 minutes. Both ways need a system transaction. */
export const signInLinkStore = {
  async create(tx: Tx, who: { tenantId: string; userId: string }, now: Date): Promise<SignInLink> {
    await tx.execute('delete from sign_in_links where expires_at < $1', [now]);
    const token = mintSecret();
    const expiresAt = new Date(now.getTime() + LIFE_MS);
    await tx.execute('insert into sign_in_links (token_hash, user_id, tenant_id, expires_at) values ($1, $2, $3, $4)', [
      hashSecret(token),
      who.userId,
      who.tenantId,
      expiresAt,
    ]);
    return { token, expiresAt };
  },

  /** Spends the link. Of two who try at once, one gets it; unknown, used and expired look the same. */
  async spend(tx: Tx, token: string, now: Date): Promise<{ tenantId: string; userId: string } | null> {
    const [row] = await tx.query<{ tenantId: string; userId: string }>(
      `update sign_in_links set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2
       returning tenant_id as "tenantId", user_id as "userId"`,
      [hashSecret(token), now],
    );
    return row ?? null;
  },
};
