import type { AuthorityKind, GenerationState } from '@muster/contracts/trust/trust.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Session } from '../database.js';
import type { Tx } from '../transaction.js';

export interface AuthorityRow {
  readonly id: string;
  /** Null for authorities of the whole installation. */
  readonly tenantId: string | null;
  readonly kind: AuthorityKind;
  readonly generation: number;
  readonly state: GenerationState;
  readonly certificatePem: string;
  readonly keyRef: string;
  readonly since: Date;
  /** How many revocation lists its certificates are spread over: a power of two. */
  readonly crlShards: number;
}

/** An authority certified by another than the one that made it. */
export interface CrossRow {
  readonly subjectId: string;
  readonly issuerId: string;
  readonly certificatePem: string;
}

const columns = `id, tenant_id as "tenantId", kind, generation, state, certificate_pem as "certificatePem",
  key_ref as "keyRef", since, crl_shards as "crlShards"`;

/** Who writes or reads the trust files listens here. */
export const trustChannel = 'muster_trust';

/** Certificate authorities by tenant, kind and generation. Everything runs in a system transaction. */
export const authorityStore = {
  /** Serialises whoever creates authorities or signing keys, over all processes, to the end of the transaction. */
  async lockCreation(tx: Tx): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('muster.authorities'))`);
  },

  /** Serialises whoever makes keys ahead of their transaction, over all processes, to the end of the session. */
  async lockPreparing(session: Session): Promise<void> {
    await session.query(`select pg_advisory_lock(hashtext('muster.keys'))`);
  },

  /** The newest generation that issues; null when there is none yet. */
  async issuing(tx: Tx, kind: AuthorityKind, tenantId: string | null): Promise<AuthorityRow | null> {
    const [row] = await tx.query<AuthorityRow>(
      `select ${columns} from authorities
       where kind = $1 and tenant_id is not distinct from $2 and state = 'issuing' order by generation desc limit 1`,
      [kind, tenantId],
    );
    return row ?? null;
  },

  /** The tenant that runs the installation: the first one made. */
  async runningTenant(tx: Tx): Promise<string | null> {
    const [row] = await tx.query<{ id: string }>('select id from tenants order by created_at, id limit 1');
    return row?.id ?? null;
  },

  /** Every tenant: each has a device authority. */
  async listTenants(tx: Tx): Promise<string[]> {
    return (await tx.query<{ id: string }>('select id from tenants order by id')).map(({ id }) => id);
  },

  /** Every generation that is not retired, also those that are only created; see `isTrusted` in domain for who trusts which. */
  listTrusted(tx: Tx): Promise<AuthorityRow[]> {
    return tx.query<AuthorityRow>(
      `select ${columns} from authorities where state <> 'retired' order by kind, created_at, id`,
    );
  },

  async find(tx: Tx, id: string): Promise<AuthorityRow | null> {
    const [row] = await tx.query<AuthorityRow>(`select ${columns} from authorities where id = $1`, [id]);
    return row ?? null;
  },

  /** Those of the tenant and of the installation, newest generation first. */
  listVisible(tx: Tx, tenantId: string): Promise<AuthorityRow[]> {
    return tx.query<AuthorityRow>(
      `select ${columns} from authorities where tenant_id is null or tenant_id = $1 order by kind, generation desc`,
      [tenantId],
    );
  },

  /** The highest generation there ever was, 0 for none. */
  async newestGeneration(tx: Tx, kind: AuthorityKind, tenantId: string | null): Promise<number> {
    const [row] = await tx.query<{ newest: number | null }>(
      'select max(generation) as newest from authorities where kind = $1 and tenant_id is not distinct from $2',
      [kind, tenantId],
    );
    return row!.newest ?? 0;
  },

  async insert(
    tx: Tx,
    authority: Omit<AuthorityRow, 'id' | 'state' | 'since' | 'crlShards'>,
    now: Date,
    state: GenerationState = 'issuing',
  ): Promise<AuthorityRow> {
    const { tenantId, kind, generation, certificatePem, keyRef } = authority;
    const [row] = await tx.query<AuthorityRow>(
      `insert into authorities (id, tenant_id, kind, generation, state, certificate_pem, key_ref, created_at, since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning ${columns}`,
      [uuidv7(), tenantId, kind, generation, state, certificatePem, keyRef, now],
    );
    return row!;
  },

  /** False when it is in that state already. */
  async move(tx: Tx, id: string, state: GenerationState, now: Date): Promise<boolean> {
    const sql = 'update authorities set state = $2, since = $3 where id = $1 and state <> $2';
    return (await tx.execute(sql, [id, state, now])) > 0;
  },

  listCross(tx: Tx): Promise<CrossRow[]> {
    return tx.query<CrossRow>(
      `select subject_id as "subjectId", issuer_id as "issuerId", certificate_pem as "certificatePem"
       from cross_certificates order by created_at, subject_id, issuer_id`,
    );
  },

  async insertCross(tx: Tx, cross: CrossRow, now: Date): Promise<void> {
    await tx.execute(
      `insert into cross_certificates (subject_id, issuer_id, certificate_pem, created_at) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [cross.subjectId, cross.issuerId, cross.certificatePem, now],
    );
  },

  /** Tells, on commit, that trust lists and revocation lists have to be written anew. */
  async announceTrustChange(tx: Tx): Promise<void> {
    await tx.query(`notify ${trustChannel}`);
  },

  /** The number of the authority's next revocation list; it only rises. */
  async nextCrlNumber(tx: Tx, id: string): Promise<number> {
    const [row] = await tx.query<{ number: number }>(
      'update authorities set crl_number = crl_number + 1 where id = $1 returning crl_number as number',
      [id],
    );
    return row!.number;
  },
};
