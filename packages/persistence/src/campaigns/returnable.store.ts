import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { Tx } from '../transaction.js';
import type { CampaignRow } from './campaign.store.js';

export interface Returnable {
  readonly deviceId: string;
  readonly state: ExecutionState;
  readonly finishedAt: Date | null;
  readonly previousReleaseId: string | null;
  readonly previousVersion: string | null;
  readonly previousState: 'draft' | 'signed' | 'published' | 'revoked' | null;
  readonly previousArtifactComplete: boolean;
  readonly previousRollbackIndex: number;
  readonly floor: number;
}

/**
 * Devices that are, or may be, on the campaign's release; the one updated last comes first. Each goes back to the newest
 * release it confirmed beside this one: that may be later than what it ran when the targets were frozen, where a campaign
 * that was superseded still finished at it.
 */
export const returnables = (tx: Tx, campaign: CampaignRow): Promise<Returnable[]> =>
  tx.query(
    `select e.device_id as "deviceId", e.state, e.finished_at as "finishedAt", p.id as "previousReleaseId",
       coalesce(p.version, t.previous_version) as "previousVersion", p.state as "previousState",
       coalesce(a.state = 'complete', false) as "previousArtifactComplete",
       coalesce(p.rollback_index, 0) as "previousRollbackIndex", r.rollback_index as floor
     from executions e
     join campaign_targets t on t.tenant_id = e.tenant_id and t.campaign_id = e.campaign_id and t.device_id = e.device_id
     join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
     join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
     left join lateral (select h.release_id from device_releases h
       where h.tenant_id = e.tenant_id and h.device_id = e.device_id and h.release_id is distinct from e.release_id
       order by h.n desc limit 1) good on true
     left join releases p on p.tenant_id = t.tenant_id and p.id = coalesce(good.release_id, t.previous_release_id)
     left join artifacts a on a.tenant_id = p.tenant_id and a.id = p.artifact_id
     where e.tenant_id = $1 and e.campaign_id = $2 and e.offered_at is not null
       and not exists (select from executions n where n.tenant_id = e.tenant_id and n.campaign_id = e.campaign_id
         and n.device_id = e.device_id and n.attempt > e.attempt)
       and (e.state in ('succeeded', 'soaking', 'installing', 'rebooting', 'verifying')
         or d.firmware_version = r.version
         or (e.state in ('timed_out', 'in_doubt') and e.phase in ('installing', 'rebooting', 'verifying', 'soaking')))
       and e.state <> 'rolled_back'
     order by e.finished_at desc nulls first, e.position desc`,
    [tx.tenantId, campaign.id],
  );
