import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Permission } from '@muster/contracts/access/permissions';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';
import { hashSecret, mintSecret } from './secret.js';

const USED_EVERY_MS = 60_000;

export interface ApiKeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly prefix: string;
  readonly permissions: Permission[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const columns = `id, tenant_id as "tenantId", name, prefix, permissions, created_by as "createdBy",
  created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

const FORM = /^(mk_[0-9a-f]{12})_([\w-]{43})$/;

/** Keys of machines: `mk_<prefix>_<secret>`. The prefix finds the row and may be shown; the secret is kept as a hash. */
export const apiKeyStore = {
  async create(
    tx: Tx,
    key: { name: string; permissions: readonly Permission[]; createdBy: string; expiresAt: Date },
    now: Date,
  ): Promise<{ row: ApiKeyRow; secret: string }> {
    const prefix = `mk_${randomBytes(6).toString('hex')}`;
    const secret = mintSecret();
    const [row] = await tx.query<ApiKeyRow>(
      `insert into api_keys (tenant_id, id, name, prefix, secret_hash, permissions, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
      [tx.tenantId, uuidv7(), key.name, prefix, hashSecret(secret), key.permissions, key.createdBy, now, key.expiresAt],
    );
    return { row: row!, secret: `${prefix}_${secret}` };
  },

  /** Whose key this is; null when unknown, wrong, expired or revoked. Needs a system transaction. */
  async resolve(tx: Tx, presented: string, now: Date): Promise<ApiKeyRow | null> {
    const [, prefix, secret] = FORM.exec(presented) ?? [];
    if (prefix === undefined || secret === undefined) return null;
    const [row] = await tx.prepared<ApiKeyRow & { secretHash: string }>(
      'api_key.resolve',
      `select ${columns}, secret_hash as "secretHash" from api_keys where prefix = $1`,
      [prefix],
    );
    if (!row || !timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hashSecret(secret)))) return null;
    if (row.revokedAt !== null || row.expiresAt <= now) return null;
    if (row.lastUsedAt === null || now.getTime() - row.lastUsedAt.getTime() >= USED_EVERY_MS) {
      await tx.execute('update api_keys set last_used_at = $2 where prefix = $1', [prefix, now]);
    }
    return row;
  },

  /** Newest first, after the one with `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number): Promise<ApiKeyRow[]> {
    return tx.query<ApiKeyRow>(
      `select ${columns} from api_keys where ($1::uuid is null or id < $1) order by id desc limit $2`,
      [beforeId, limit],
    );
  },

  /** Revokes a key; a second time changes nothing. Null when there is no such key. */
  async revoke(tx: Tx, id: string, now: Date): Promise<ApiKeyRow | null> {
    const [row] = await tx.query<ApiKeyRow>(
      `update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${columns}`,
      [id, now],
    );
    return row ?? null;
  },
};
