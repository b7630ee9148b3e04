import type { Tx } from '../transaction.js';

/** Past this a request that never finished is taken to have died with its process, and its key is free again. */
const ABANDONED_MS = 60_000;
const KEPT_MS = 24 * 3600_000;

export interface IdempotencyKey {
  readonly principal: string;
  readonly key: string;
  readonly requestHash: string;
}

export type Claim =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'running' }
  | { readonly kind: 'reused' }
  | { readonly kind: 'done'; readonly status: number; readonly response: unknown };

/** Remembers for a day what a principal's Idempotency-Key was answered. */
export const idempotencyStore = {
  /** Takes the key for this request, or says why not. Of two at once, one is fresh. */
  async claim(tx: Tx, { principal, key, requestHash }: IdempotencyKey, now: Date): Promise<Claim> {
    const claimed = await tx.execute(
      `insert into idempotency_keys as k (tenant_id, principal, key, request_hash, created_at) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, principal, key) do update
       set request_hash = excluded.request_hash, created_at = excluded.created_at, state = 'running', status = null, response = null
       where k.created_at < $6 or (k.state = 'running' and k.created_at < $7)`,
      [tx.tenantId, principal, key, requestHash, now, ago(now, KEPT_MS), ago(now, ABANDONED_MS)],
    );
    if (claimed === 1) return { kind: 'fresh' };
    const [row] = await tx.query<{ requestHash: string; state: string; status: number; response: unknown }>(
      `select request_hash as "requestHash", state, status, response from idempotency_keys where principal = $1 and key = $2`,
      [principal, key],
    );
    // Released between the two statements: the first one failed, and its caller may try again.
    if (!row) return { kind: 'running' };
    if (row.requestHash !== requestHash) return { kind: 'reused' };
    return row.state === 'done' ? { kind: 'done', status: row.status, response: row.response } : { kind: 'running' };
  },

  /** Keeps the answer for whoever asks again. */
  async finish(tx: Tx, { principal, key }: IdempotencyKey, status: number, response: unknown): Promise<void> {
    await tx.execute(
      `update idempotency_keys set state = 'done', status = $3, response = $4 where principal = $1 and key = $2`,
      [principal, key, status, JSON.stringify(response)],
    );
  },

  /** Frees the key of a request that was refused or failed: nothing happened, so trying again is right. */
  async release(tx: Tx, { principal, key }: IdempotencyKey): Promise<void> {
    await tx.execute(`delete from idempotency_keys where principal = $1 and key = $2 and state = 'running'`, [
      principal,
      key,
    ]);
  },

  /** Drops what is older than a day, in a system transaction; returns how many. */
  forget(tx: Tx, now: Date): Promise<number> {
    return tx.execute('delete from idempotency_keys where created_at < $1', [ago(now, KEPT_MS)]);
  },
};

const ago = (now: Date, ms: number): Date => new Date(now.getTime() - ms);
