import type { SigningPurpose } from '@muster/contracts/trust/trust.schema';
import type { Tx } from '../transaction.js';

export interface SigningKeyRow {
  readonly kid: string;
  readonly tenantId: string;
  readonly purpose: SigningPurpose;
  readonly algorithm: string;
  readonly publicJwk: Record<string, unknown>;
  /** Null for a key whose private half is kept elsewhere. */
  readonly keyRef: string | null;
  readonly generation: number;
  readonly state: 'next' | 'active' | 'retired' | 'revoked';
  readonly since: Date;
  /** Number of the first trust bundle that names it. */
  readonly sinceBundle: number | null;
  readonly createdAt: Date;
}

export type NewSigningKeyRow = Pick<
  SigningKeyRow,
  'kid' | 'tenantId' | 'purpose' | 'algorithm' | 'publicJwk' | 'keyRef'
> & { readonly generation?: number };

const columns = `kid, tenant_id as "tenantId", purpose, algorithm, public_jwk as "publicJwk", key_ref as "keyRef", state,
  generation, since, since_bundle as "sinceBundle", created_at as "createdAt"`;

/** Keys that sign commands, releases and trust bundles of a tenant. The private half is in the vault under `keyRef`. */
export const signingKeyStore = {
  async insert(tx: Tx, key: NewSigningKeyRow, now: Date, state: SigningKeyRow['state'] = 'active'): Promise<void> {
    const { kid, tenantId, purpose, algorithm, keyRef, generation = 1 } = key;
    await tx.execute(
      `insert into signing_keys (kid, tenant_id, purpose, algorithm, public_jwk, key_ref, generation, state, created_at, since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
      [kid, tenantId, purpose, algorithm, JSON.stringify(key.publicJwk), keyRef, generation, state, now],
    );
  },

  async find(tx: Tx, tenantId: string, kid: string): Promise<SigningKeyRow | null> {
    const [row] = await tx.query<SigningKeyRow>(
      `select ${columns} from signing_keys where tenant_id = $1 and kid = $2`,
      [tenantId, kid],
    );
    return row ?? null;
  },

  /** Every key there ever was, newest first. */
  list(tx: Tx, tenantId: string): Promise<SigningKeyRow[]> {
    return tx.query<SigningKeyRow>(
      `select ${columns} from signing_keys where tenant_id = $1 order by purpose, generation desc, created_at desc`,
      [tenantId],
    );
  },

  async newestGeneration(tx: Tx, tenantId: string, purpose: SigningPurpose): Promise<number> {
    const [row] = await tx.query<{ newest: number | null }>(
      'select max(generation) as newest from signing_keys where tenant_id = $1 and purpose = $2',
      [tenantId, purpose],
    );
    return row!.newest ?? 0;
  },

  async move(tx: Tx, tenantId: string, kid: string, state: SigningKeyRow['state'], now: Date): Promise<void> {
    await tx.execute('update signing_keys set state = $3, since = $4 where tenant_id = $1 and kid = $2', [
      tenantId,
      kid,
      state,
      now,
    ]);
  },

  /** The key that signs now. */
  async signing(tx: Tx, tenantId: string, purpose: SigningPurpose): Promise<SigningKeyRow | null> {
    const [row] = await tx.query<SigningKeyRow>(
      `select ${columns} from signing_keys where tenant_id = $1 and purpose = $2 and state = 'active'
       order by created_at desc limit 1`,
      [tenantId, purpose],
    );
    return row ?? null;
  },

  /** Every key devices of the tenant may verify with. */
  listTrusted(tx: Tx, tenantId: string): Promise<SigningKeyRow[]> {
    return tx.query<SigningKeyRow>(
      `select ${columns} from signing_keys where tenant_id = $1 and state <> 'revoked' order by purpose, created_at, kid`,
      [tenantId],
    );
  },
};
