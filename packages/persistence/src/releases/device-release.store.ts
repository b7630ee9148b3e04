import type { Tx } from '../transaction.js';

/** What a device confirmed after boot, health and soak: the newest row is its last known good. */
export interface Confirmation {
  readonly deviceId: string;
  readonly releaseId: string;
  readonly campaignId: string | null;
}

export const deviceReleaseStore = {
  /** Appends to each device's history; a release that already stands last is not written twice. */
  async confirm(tx: Tx, confirmations: readonly Confirmation[], now: Date): Promise<void> {
    if (confirmations.length === 0) return;
    await tx.execute(
      `insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at, campaign_id)
       select $1, c.device_id, coalesce(good.n, 0) + 1, r.id, r.version, $5, c.campaign_id
       from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as c(device_id, release_id, campaign_id)
       join releases r on r.tenant_id = $1 and r.id = c.release_id
       left join lateral (select h.n, h.release_id from device_releases h
         where h.tenant_id = $1 and h.device_id = c.device_id order by h.n desc limit 1) good on true
       where good.release_id is distinct from c.release_id
       on conflict do nothing`,
      [
        tx.tenantId,
        confirmations.map((c) => c.deviceId),
        confirmations.map((c) => c.releaseId),
        confirmations.map((c) => c.campaignId),
        now,
      ],
    );
  },

  /** Writes down again what the device had confirmed before `lost`: that is its last known good now. */
  async fallBack(tx: Tx, deviceId: string, lost: string | null, now: Date): Promise<void> {
    await tx.execute(
      `insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at)
       select h.tenant_id, h.device_id, (select max(m.n) + 1 from device_releases m
           where m.tenant_id = h.tenant_id and m.device_id = h.device_id), h.release_id, h.version, $4
       from device_releases h where h.tenant_id = $1 and h.device_id = $2 and h.release_id is distinct from $3
       order by h.n desc limit 1`,
      [tx.tenantId, deviceId, lost, now],
    );
  },

  /**
   * A device that says it runs a version we published for its model, and has no history yet, is taken at its word: that
   * release is its first known good. Devices that came from the factory or were enrolled later can then be returned.
   */
  async adopt(tx: Tx, deviceId: string, now: Date): Promise<boolean> {
    const adopted = await tx.execute(
      `insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at)
       select d.tenant_id, d.id, 1, r.id, r.version, $3
       from devices d join releases r on r.tenant_id = d.tenant_id and r.version = d.firmware_version and d.model = any(r.models)
         and r.state in ('published', 'revoked')
       where d.tenant_id = $1 and d.id = $2 and not exists (select from device_releases h
         where h.tenant_id = d.tenant_id and h.device_id = d.id)
       order by r.published_at limit 1`,
      [tx.tenantId, deviceId, now],
    );
    return adopted === 1;
  },
};
