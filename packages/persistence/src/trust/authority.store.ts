import type { AuthorityKind, GenerationState } from '@muster/contracts/trust/trust.schema';
import { v7 as uuidv7 } from 'uuid';
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
}

const columns = `id, tenant_id as "tenantId", kind, generation, state, certificate_pem as "certificatePem",
  key_ref as "keyRef"`;

/** Who writes or reads the trust files listens here. */
export const trustChannel = 'muster_trust';

/** Certificate authorities by tenant, kind and generation. Everything runs in a system transaction. */
export const authorityStore = {
  /** Serialises whoever creates authorities or signing keys, over all processes, to the end of the transaction. */
  async lockCreation(tx: Tx): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('muster.authorities'))`);
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

  /** Every tenant: each has a device authority. */
  async listTenants(tx: Tx): Promise<string[]> {
    return (await tx.query<{ id: string }>('select id from tenants order by id')).map(({ id }) => id);
  },

  /** Every generation that is not retired. Brokers trust all of them, also one that is only created: it issues nothing yet. */
  listTrusted(tx: Tx): Promise<AuthorityRow[]> {
    return tx.query<AuthorityRow>(
      `select ${columns} from authorities where state <> 'retired' order by kind, created_at`,
    );
  },

  async insert(tx: Tx, authority: Omit<AuthorityRow, 'id' | 'state'>, now: Date): Promise<AuthorityRow> {
    const [row] = await tx.query<AuthorityRow>(
      `insert into authorities (id, tenant_id, kind, generation, state, certificate_pem, key_ref, created_at)
       values ($1, $2, $3, $4, 'issuing', $5, $6, $7) returning ${columns}`,
      [
        uuidv7(),
        authority.tenantId,
        authority.kind,
        authority.generation,
        authority.certificatePem,
        authority.keyRef,
        now,
      ],
    );
    return row!;
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
