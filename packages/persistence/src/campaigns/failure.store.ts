import type { FailureCluster } from '@muster/contracts/campaigns/executions.schema';
import type { Tx } from '../transaction.js';

interface ClusterRow extends Omit<FailureCluster, 'firstAt' | 'lastAt' | 'attributes'> {
  readonly firstAt: Date;
  readonly lastAt: Date;
}

type Lift = FailureCluster['attributes'][number] & { readonly key: string };

const bad = `('failed', 'timed_out', 'in_doubt', 'rejected', 'regressed')`;
const SAMPLE = 5;
/** Shares of fewer devices than this are chance. */
const LEAST = 2;

export const failureStore = {
  /**
   * Failures of a campaign by code and phase, largest first. `attributes` are properties the failed share more often
   * than everybody: lift 2 means twice as often.
   */
  async clusters(tx: Tx, campaignId: string): Promise<FailureCluster[]> {
    const clusters = await tx.query<ClusterRow>(
      `select coalesce(e.reason_code, e.state) as "reasonCode", e.phase, e.state, count(*)::int as count,
         array_agg(distinct e.wave order by e.wave) as waves, min(e.since) as "firstAt", max(e.since) as "lastAt",
         to_jsonb((array_agg(jsonb_build_object('deviceId', d.id, 'deviceName', d.name, 'detail', e.reason_detail)
           order by e.since desc))[1:${SAMPLE}]) as sample
       from executions e join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
       where e.tenant_id = $1 and e.campaign_id = $2 and e.state in ${bad}
       group by 1, 2, 3 order by count(*) desc, 1, 2`,
      [tx.tenantId, campaignId],
    );
    if (clusters.length === 0) return [];
    const lifts = await liftsOf(tx, campaignId);
    return clusters.map((cluster) => ({
      ...cluster,
      firstAt: cluster.firstAt.toISOString(),
      lastAt: cluster.lastAt.toISOString(),
      attributes: lifts
        .filter(({ key }) => key === keyOf(cluster))
        .map(({ key: _, ...lift }) => lift)
        .slice(0, SAMPLE),
    }));
  },
};

const keyOf = (cluster: { reasonCode: string; phase: string | null; state: string }): string =>
  `${cluster.reasonCode} ${cluster.phase ?? ''} ${cluster.state}`;

/** Beyond so many devices a share no longer changes in the digits that are shown. */
const ENOUGH = 5_000;

/**
 * What the failed share more often than everybody. Everybody is the head of the target list, which has the mix of the
 * fleet in its front as in the whole, so that the look costs the same in a campaign of a million.
 */
const liftsOf = (tx: Tx, campaignId: string): Promise<Lift[]> =>
  tx.query<Lift>(
    `with head as (
       select device_id, null::text as key from campaign_targets
       where tenant_id = $1 and campaign_id = $2 order by position limit ${ENOUGH}),
     failing as (
       select device_id, coalesce(reason_code, state) || ' ' || coalesce(phase, '') || ' ' || state as key
       from executions where tenant_id = $1 and campaign_id = $2 and state in ${bad} order by since desc limit ${ENOUGH}),
     looked as (
       select o.key, x.attribute, x.value from (select * from head union all select * from failing) o
       join devices d on d.tenant_id = $1 and d.id = o.device_id
       left join campaign_targets t on t.tenant_id = $1 and t.campaign_id = $2 and t.device_id = o.device_id
       cross join lateral (values ('model', d.model), ('site', d.site), ('hardwareRevision', d.hardware_revision),
         ('fromVersion', t.previous_version), ('agentVersion', d.agent_version), ('class', d.class)) as x(attribute, value)
       where x.value is not null),
     base as (select attribute, value, count(*)::float / sum(count(*)) over (partition by attribute) as share
       from looked where key is null group by 1, 2),
     failed as (select key, attribute, value, count(*)::int as failed,
         (sum(count(*)) over (partition by key, attribute))::int as of from looked where key is not null group by 1, 2, 3)
     select f.key, f.attribute, f.value, f.failed, f.of,
       round((f.failed::float / f.of / coalesce(b.share, 1.0 / ${ENOUGH}))::numeric, 2)::float as lift
     from failed f left join base b using (attribute, value)
     where f.failed >= ${LEAST} and f.failed::float / f.of > coalesce(b.share, 0) * 1.2
     order by lift desc, f.failed desc`,
    [tx.tenantId, campaignId],
  );
