import type { CampaignPlan, MaintenanceWindow } from '@muster/contracts/campaigns/plans.schema';
import type { CampaignTenant } from './campaign-tenant.js';

/** `n` connected devices at each site. */
export async function fleetAt(
  tenant: CampaignTenant,
  confirmed: string,
  sites: Readonly<Record<string, number>>,
  timezones: Readonly<Record<string, string>> = {},
) {
  for (const name of Object.keys(sites))
    await tenant.as((tx) =>
      tx.query(`insert into sites (tenant_id, name, timezone) values ($1, $2, $3) on conflict do nothing`, [
        tenant.id,
        name,
        timezones[name] ?? 'UTC',
      ]),
    );
  for (const [site, n] of Object.entries(sites)) {
    const ids = await tenant.fleet(n, [{ id: confirmed, version: '1.0.0' }]);
    await tenant.as((tx) => tx.query(`update devices set site = $2 where id = any($1::uuid[])`, [ids, site]));
  }
}

/** One wave of everybody, with slots for all. */
export const all = (more: Partial<CampaignPlan> = {}): Partial<CampaignPlan> => ({
  waves: [{ size: { percent: 100 } }],
  concurrency: 100,
  ...more,
});

/** How many offers are open at each site. */
export const offeredBySite = async (tenant: CampaignTenant, id: string): Promise<Record<string, number>> => {
  const rows = await tenant.as((tx) =>
    tx.query<{ site: string; n: number }>(
      `select site, count(*)::int as n from executions where campaign_id = $1 and state = 'offered' group by 1`,
      [id],
    ),
  );
  return Object.fromEntries(rows.map(({ site, n }) => [site, n]));
};

export const nightly = (from: string, minutes: number): MaintenanceWindow => ({
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from,
  minutes,
  timezone: 'device',
});
