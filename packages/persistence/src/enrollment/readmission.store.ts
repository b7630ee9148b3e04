import type { Tx } from '../transaction.js';

/** Permission for a device that is out to enrol once more; at most one a device. */
export const readmissionStore = {
  async grant(
    tx: Tx,
    permission: { readonly deviceId: string; readonly reason: string; readonly grantedBy: string },
    now: Date,
  ): Promise<void> {
    await tx.execute(
      `insert into readmissions (tenant_id, device_id, reason, granted_by, granted_at) values ($1, $2, $3, $4, $5)
       on conflict (tenant_id, device_id) do update set reason = $3, granted_by = $4, granted_at = $5`,
      [tx.tenantId, permission.deviceId, permission.reason, permission.grantedBy, now],
    );
  },

  async has(tx: Tx, deviceId: string): Promise<boolean> {
    return (await tx.query('select 1 from readmissions where device_id = $1', [deviceId])).length > 0;
  },

  /** Takes the permission away; true when there was one. It comes back only if the transaction does not commit. */
  async spend(tx: Tx, deviceId: string): Promise<boolean> {
    return (await tx.execute('delete from readmissions where device_id = $1', [deviceId])) === 1;
  },
};
