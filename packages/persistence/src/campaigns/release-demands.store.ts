import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import type { PassThrough, ReleaseDemands } from '@muster/domain/campaigns/judge-target';
import type { ReleaseRow } from '../releases/release.store.js';
import type { Tx } from '../transaction.js';

/** A release as a campaign rolls it out. */
export type RolledOut = Pick<
  ReleaseRow,
  'name' | 'version' | 'models' | 'hardwareRevisions' | 'minVersion' | 'rollbackIndex'
>;

export const releaseDemandsStore = {
  /** What a campaign with this plan asks of its targets; null where it changes no firmware. */
  async of(
    tx: Tx,
    plan: Pick<CampaignPlan, 'allowDowngrade'>,
    release: RolledOut | null,
  ): Promise<ReleaseDemands | null> {
    if (release === null) return null;
    const { models, hardwareRevisions, version, rollbackIndex, minVersion } = release;
    const passThroughs = await tx.query<PassThrough>(
      `select version, models, hardware_revisions as "hardwareRevisions" from releases
       where tenant_id = $1 and name = $2 and version <> $3 and pass_through and state = 'published'`,
      [tx.tenantId, release.name, version],
    );
    const allowDowngrade = plan.allowDowngrade ?? false;
    return { models, hardwareRevisions, version, rollbackIndex, minVersion, passThroughs, allowDowngrade };
  },
};
