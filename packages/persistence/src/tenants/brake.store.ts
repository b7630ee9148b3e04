import type { Tx } from '../transaction.js';

export interface KillSwitchRow {
  /** Since when it is engaged; null while it is not. */
  readonly since: Date | null;
  readonly by: string | null;
  readonly reason: string | null;
}

const lockOf = (tx: Tx): [string] => [`muster.brake ${tx.tenantId}`];

/** The brake of a whole tenant. */
export const brakeStore = {
  async read(tx: Tx): Promise<KillSwitchRow> {
    const [row] = await tx.query<KillSwitchRow>(
      `select kill_switch_at as since, kill_switch_by as by, kill_switch_reason as reason from tenants where id = $1`,
      [tx.tenantId],
    );
    return row ?? { since: null, by: null, reason: null };
  },

  /**
   * Whether the switch is engaged, and will be to the end of this transaction: whoever sets something going takes this
   * before any row, so that it either sees the switch or is seen by whoever engages it.
   */
  async engaged(tx: Tx): Promise<boolean> {
    await tx.query('select pg_advisory_xact_lock_shared(hashtext($1))', lockOf(tx));
    return (await brakeStore.read(tx)).since !== null;
  },

  /** Sets the switch that this transaction holds. */
  async set(tx: Tx, to: KillSwitchRow): Promise<void> {
    await tx.execute(
      'update tenants set kill_switch_at = $2, kill_switch_by = $3, kill_switch_reason = $4 where id = $1',
      [tx.tenantId, to.since, to.by, to.reason],
    );
  },

  /** Waits for everybody who is setting something going, and lets nobody begin before this transaction has ended. */
  async hold(tx: Tx): Promise<KillSwitchRow> {
    await tx.query('select pg_advisory_xact_lock(hashtext($1))', lockOf(tx));
    return brakeStore.read(tx);
  },
};
