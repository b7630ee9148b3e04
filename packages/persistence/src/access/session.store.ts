import type { Role } from '@muster/contracts/access/permissions';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';
import { hashSecret, mintSecret } from './secret.js';

export const SESSION_LIFE_S = 14 * 24 * 3600;
/** Noting every request would write a row per click; a minute is fine enough for people. */
const SEEN_EVERY_MS = 60_000;

export interface SessionRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
  readonly expiresAt: Date;
}

export interface SignedIn {
  readonly sessionId: string;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly role: Role;
}

/** Who is signed in. A session belongs to a membership and ends with it. */
export const sessionStore = {
  /** Opens a session; needs a system transaction, since nobody is signed in yet. The token is kept as a hash only. */
  async open(tx: Tx, who: { tenantId: string; userId: string }, now: Date): Promise<{ token: string; id: string }> {
    const token = mintSecret();
    const id = uuidv7();
    await tx.execute('delete from sessions where expires_at < $1', [now]);
    await tx.execute(
      `insert into sessions (id, token_hash, user_id, tenant_id, created_at, expires_at, last_seen_at)
       values ($1, $2, $3, $4, $5, $6, $5)`,
      [id, hashSecret(token), who.userId, who.tenantId, now, new Date(now.getTime() + SESSION_LIFE_S * 1000)],
    );
    return { token, id };
  },

  /** Whose token this is; null when unknown or expired. Needs a system transaction. Notes the visit once a minute. */
  async resolve(tx: Tx, token: string, now: Date): Promise<SignedIn | null> {
    const [row] = await tx.prepared<SignedIn & { lastSeenAt: Date }>(
      'session.resolve',
      `select s.id as "sessionId", s.user_id as "userId", u.email, u.name, s.tenant_id as "tenantId",
              t.name as "tenantName", m.role, s.last_seen_at as "lastSeenAt"
       from sessions s
       join memberships m on m.tenant_id = s.tenant_id and m.user_id = s.user_id
       join users u on u.id = s.user_id
       join tenants t on t.id = s.tenant_id
       where s.token_hash = $1 and s.expires_at > $2`,
      [hashSecret(token), now],
    );
    if (!row) return null;
    const { lastSeenAt, ...signedIn } = row;
    if (now.getTime() - lastSeenAt.getTime() >= SEEN_EVERY_MS) {
      await tx.execute('update sessions set last_seen_at = $2 where id = $1', [row.sessionId, now]);
    }
    return signedIn;
  },

  /** A person's live sessions, newest first, after the one with `beforeId`. */
  list(tx: Tx, userId: string, now: Date, beforeId: string | null, limit: number): Promise<SessionRow[]> {
    return tx.query<SessionRow>(
      `select id, created_at as "createdAt", last_seen_at as "lastSeenAt", expires_at as "expiresAt"
       from sessions where user_id = $1 and expires_at > $2 and ($3::uuid is null or id < $3)
       order by id desc limit $4`,
      [userId, now, beforeId, limit],
    );
  },

  /** Ends one of a person's sessions; false when it is not theirs. */
  async end(tx: Tx, userId: string, sessionId: string): Promise<boolean> {
    return (await tx.execute('delete from sessions where id = $1 and user_id = $2', [sessionId, userId])) === 1;
  },
};
