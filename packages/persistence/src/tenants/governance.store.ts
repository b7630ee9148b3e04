import type { Tx } from '../transaction.js';

export interface GovernanceRow {
  readonly separateSigner: boolean;
}

const columns = 'separate_signer as "separateSigner"';

/** What a tenant asks of its own people. */
export const governanceStore = {
  async get(tx: Tx): Promise<GovernanceRow> {
    const [row] = await tx.query<GovernanceRow>(`select ${columns} from tenants where id = $1`, [tx.tenantId]);
    return row!;
  },

  /** Locks the tenant's row, so that what is read before the change is what was changed. */
  async lock(tx: Tx): Promise<GovernanceRow> {
    const [row] = await tx.query<GovernanceRow>(`select ${columns} from tenants where id = $1 for update`, [
      tx.tenantId,
    ]);
    return row!;
  },

  async set(tx: Tx, row: GovernanceRow): Promise<void> {
    await tx.execute('update tenants set separate_signer = $2 where id = $1', [tx.tenantId, row.separateSigner]);
  },
};
