import type { SigningPurpose } from '@muster/contracts/trust/trust.schema';
import type { Tx } from '../transaction.js';

export interface SigningKeyRow {
  readonly kid: string;
  readonly tenantId: string;
  readonly purpose: SigningPurpose;
  readonly algorithm: string;
  readonly publicJwk: Record<string, unknown>;
  readonly keyRef: string;
  readonly state: 'next' | 'active' | 'retired' | 'revoked';
  readonly createdAt: Date;
}

const columns = `kid, tenant_id as "tenantId", purpose, algorithm, public_jwk as "publicJwk", key_ref as "keyRef", state,
  created_at as "createdAt"`;

/** Keys that sign commands, releases and trust bundles of a tenant. The private half is in the vault under `keyRef`. */
export const signingKeyStore = {
  async insert(tx: Tx, key: Omit<SigningKeyRow, 'state' | 'createdAt'>, now: Date): Promise<void> {
    await tx.execute(
      `insert into signing_keys (kid, tenant_id, purpose, algorithm, public_jwk, key_ref, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [key.kid, key.tenantId, key.purpose, key.algorithm, JSON.stringify(key.publicJwk), key.keyRef, now],
    );
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
      `select ${columns} from signing_keys where tenant_id = $1 and state <> 'revoked' order by purpose, created_at`,
      [tenantId],
    );
  },
};
