import { createHash } from 'node:crypto';
import type { Tx } from '../transaction.js';
import { canonical } from './canonical.js';

/** Who did it: a person, an API key, a device, or the system itself. */
export interface Actor {
  readonly type: 'user' | 'api_key' | 'device' | 'system';
  readonly id: string;
  readonly name?: string;
}

export interface AuditRecord {
  readonly actor: Actor;
  /** noun.verb in the past, e.g. `campaign.paused`. */
  readonly action: string;
  /** noun:id, e.g. `device:0198…`. */
  readonly resource: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string;
  readonly requestId?: string;
}

export interface AuditEntry {
  readonly seq: number;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: string;
  readonly resource: string;
  /** The exact text that was hashed; holds before, after, reason and request id. */
  readonly canonical: string;
  readonly prevHash: string;
  readonly hash: string;
}

/** What the first entry of a tenant points back to. */
const GENESIS = '0'.repeat(64);

const columns = 'seq, at, actor, action, resource, canonical, prev_hash as "prevHash", hash';

const hashOf = (prevHash: string, text: string): string =>
  createHash('sha256').update(`${prevHash}\n${text}`).digest('hex');

/** The chain of what was done, one per tenant: each entry's hash covers its text and the hash before it. */
export const audit = {
  /** Appends one entry in the same transaction as the change it records. `tenantId` is needed in a system transaction only. */
  async append(tx: Tx, record: AuditRecord, tenantId: string | null = tx.tenantId): Promise<number> {
    if (tenantId === null) throw new Error('an audit entry in a system transaction names its tenant');
    await tx.execute('insert into audit_heads (tenant_id, hash) values ($1, $2) on conflict do nothing', [
      tenantId,
      GENESIS,
    ]);
    // The row lock makes the chain one line: entries of a tenant commit in the order of their seq.
    const [head] = await tx.query<{ seq: number; hash: string; at: Date }>(
      `select seq, hash, date_trunc('milliseconds', clock_timestamp()) as at from audit_heads where tenant_id = $1 for update`,
      [tenantId],
    );
    const seq = head!.seq + 1;
    const { actor, action, resource, before, after, reason, requestId } = record;
    const text = canonical({ tenantId, seq, at: head!.at, actor, action, resource, before, after, reason, requestId });
    const hash = hashOf(head!.hash, text);
    await tx.execute(
      `insert into audit_entries (tenant_id, seq, at, actor, action, resource, canonical, prev_hash, hash)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [tenantId, seq, head!.at, canonical(actor), action, resource, text, head!.hash, hash],
    );
    await tx.execute('update audit_heads set seq = $2, hash = $3 where tenant_id = $1', [tenantId, seq, hash]);
    return seq;
  },

  /** Newest first; `beforeSeq` pages on, `resource` narrows to one thing. */
  list(
    tx: Tx,
    query: { limit: number; beforeSeq?: number; resource?: string; action?: string },
  ): Promise<AuditEntry[]> {
    return tx.query<AuditEntry>(
      `select ${columns} from audit_entries
       where ($2::bigint is null or seq < $2) and ($3::text is null or resource = $3) and ($4::text is null or action = $4)
       order by seq desc limit $1`,
      [query.limit, query.beforeSeq ?? null, query.resource ?? null, query.action ?? null],
    );
  },

  /** How many entries the chain has and its newest hash, which covers them all. */
  async head(tx: Tx): Promise<{ seq: number; hash: string }> {
    const [head] = await tx.query<{ seq: number; hash: string }>('select seq, hash from audit_heads');
    return head ?? { seq: 0, hash: GENESIS };
  },

  /** Walks the whole chain; returns the first seq whose entry, text or hash was tampered with, or null when it holds. */
  async verify(tx: Tx): Promise<number | null> {
    const chunk = 1_000;
    let prevHash = GENESIS;
    let seq = 0;
    for (;;) {
      const entries = await tx.query<AuditEntry>(
        `select ${columns} from audit_entries where seq > $1 order by seq limit $2`,
        [seq, chunk],
      );
      for (const entry of entries) {
        seq++;
        if (entry.seq !== seq || entry.prevHash !== prevHash || !isWhole(entry)) return seq;
        prevHash = entry.hash;
      }
      if (entries.length === chunk) continue;
      const [head] = await tx.query<{ seq: number; hash: string }>('select seq, hash from audit_heads');
      return head && (head.seq !== seq || head.hash !== prevHash) ? seq + 1 : null;
    }
  },
};

/** The columns people filter by must say what the hashed text says. */
const isWhole = (entry: AuditEntry): boolean => {
  const said = JSON.parse(entry.canonical) as Record<string, unknown>;
  return (
    hashOf(entry.prevHash, entry.canonical) === entry.hash &&
    said.seq === entry.seq &&
    said.action === entry.action &&
    said.resource === entry.resource &&
    said.at === entry.at.toISOString() &&
    canonical(said.actor) === canonical(entry.actor)
  );
};
