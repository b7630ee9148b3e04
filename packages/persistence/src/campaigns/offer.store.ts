import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { busyStates } from '@muster/domain/campaigns/execution.machine';
import type { Tx } from '../transaction.js';

/** An open offer: everything a device is told of it, also when it is told again. */
export interface OfferRow {
  readonly executionId: string;
  readonly campaignId: string;
  readonly deviceId: string;
  readonly attempt: number;
  readonly state: ExecutionState;
  readonly kind: 'release' | 'config' | 'command';
  readonly isRollback: boolean;
  readonly deadlineAt: Date | null;
  readonly plan: CampaignPlan;
  /** Of the device's site. */
  readonly timezone: string;
  readonly releaseId: string | null;
  readonly manifestJws: string | null;
  readonly artifactSha256: string | null;
  readonly configId: string | null;
  readonly configNumber: number | null;
  readonly command: { name: string; args: Record<string, unknown> } | null;
}

export const offerStore = {
  /** The open offers of an execution or a device. What it deferred it is not told again, and nothing while the kill switch is engaged. */
  open(tx: Tx, by: { executionId: string } | { deviceId: string }): Promise<OfferRow[]> {
    const [condition, value] = 'executionId' in by ? ['e.id = $2', by.executionId] : ['e.device_id = $2', by.deviceId];
    return tx.query<OfferRow>(
      `select e.id as "executionId", e.campaign_id as "campaignId", e.device_id as "deviceId", e.attempt, e.state, c.kind,
         c.parent_id is not null as "isRollback", e.deadline_at as "deadlineAt", c.plan,
         coalesce(p.timezone, 'UTC') as timezone, e.release_id as "releaseId", r.manifest_jws as "manifestJws",
         a.sha256 as "artifactSha256", c.config_id as "configId", c.config_number as "configNumber", c.command
       from executions e
       join campaigns c on c.tenant_id = e.tenant_id and c.id = e.campaign_id
       join tenants t on t.id = e.tenant_id and t.kill_switch_at is null
       left join sites p on p.tenant_id = e.tenant_id and p.name = e.site
       left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
       left join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id
       where e.tenant_id = $1 and ${condition} and e.state = any($3::text[])`,
      [tx.tenantId, value, busyStates],
    );
  },
};
